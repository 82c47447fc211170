//! An SQLite file that this user may no longer write, before a gateway starts and while it serves.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;
use simulator::EventName;
use testkit::Kind;

use crate::binary::{Running, binary, command_of};
use crate::caller::{Caller, Letter};
use crate::place::Place;

const MSN: &str = "100001";
const REFERENCE: &str = "read-only-0001";
/// Nobody, on every Linux.
const NOBODY: u32 = 65_534;

/// A gateway's files, for whom permissions count: root may write anything, so then another user runs it.
struct Ground {
    directory: PathBuf,
    program: PathBuf,
    /// Who runs the gateway; absent = whoever runs the test.
    user: Option<u32>,
}

impl Ground {
    fn of(place: &mut Place) -> Self {
        let directory = place.database_directory();
        let is_root = directory.metadata().unwrap().uid() == 0;
        let ground = Self {
            program: directory.join("nordbro"),
            user: is_root.then_some(NOBODY),
            directory,
        };
        // The checkout may be closed to others.
        std::fs::copy(binary(), &ground.program).unwrap();
        ground.may_write(true);
        ground
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.directory).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn may_write(&self, may: bool) {
        let set = |path: &Path, mode: u32| {
            std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            if let Some(user) = self.user {
                chown(path, Some(user), Some(user)).unwrap();
            }
        };
        for file in self.files() {
            let mode = if file == self.program { 0o555 } else { 0o444 };
            set(&file, if may { mode | 0o200 } else { mode });
        }
        set(&self.directory, if may { 0o700 } else { 0o500 });
    }

    fn serve(&self, place: &Place) -> Running {
        let mut command = command_of(&self.program, &["serve"], &place.variables(&[]));
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        Running::spawn(command)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_that_may_only_be_read_moves_no_money_and_recovers() {
    let mut place = Place::of(Kind::Sqlite).await;
    let ground = Ground::of(&mut place);

    // Not from the start: it says which file, and does not serve.
    ground.may_write(false);
    let (code, _, errors) = ground.serve(&place).wait();
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("database"), "{errors}");
    ground.may_write(true);

    let mut process = ground.serve(&place);
    let address = process.logged("serving")["public"].as_str().unwrap().to_owned();
    process.hear();
    let caller = Caller::new(&address, &place.token());
    let ask = async |letter: &Letter| caller.ask(letter, 15).await.unwrap();
    let create = testkit::desk::web(REFERENCE, 10_000);
    let _ = ask(&Letter::post(MSN, "/payments", "c", Some(create)))
        .await
        .is(201);
    let customer = json!({"customer": {"phoneNumber": "4712345678"}});
    let approve = Letter {
        key: None,
        ..Letter::post(MSN, &format!("/payments/{REFERENCE}/approve"), "", Some(customer))
    };
    let _ = ask(&approve).await.is(200);

    // Files that are open stay open; a writer who met a lock opens the file anew.
    let other = Database::connect(&place.database_url()).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    ground.may_write(false);
    let body = testkit::desk::modification(4_000);
    let capture = Letter::post(MSN, &format!("/payments/{REFERENCE}/capture"), "k", Some(body));
    let _ = ask(&capture).await.problem(503, "unavailable");
    other.execute_unprepared("ROLLBACK").await.unwrap();
    let refused = ask(&capture).await.problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    let seen = place.simulator.test().requests().into_iter();
    assert_eq!(
        seen.filter(|it| it.operation == Some("epayment.capture")).count(),
        0
    );
    // What is in the books is still shown.
    let _ = caller.get(MSN, "/payments").await.is(200);

    ground.may_write(true);
    let captured = ask(&capture).await.is(200);
    assert!(!captured.is_replayed(), "{captured}");
    let ledger = place.simulator.test().ledger_of(MSN, REFERENCE);
    let moved = ledger.iter().filter(|effect| effect.name == EventName::Captured);
    assert_eq!(moved.map(|effect| effect.amount).collect::<Vec<_>>(), [4_000]);
    let (code, _, _) = process.terminate();
    assert_eq!(code, Some(0), "it did not end in order");
}
