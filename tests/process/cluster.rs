//! A PostgreSQL cluster of the test's own, which may crash.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;

use crate::watch::until;

/// Stopped and deleted when dropped.
pub(crate) struct Cluster {
    directory: TempDir,
    port: u16,
    server: Child,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // The server runs as somebody else when the tests run as root.
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let data = directory.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if is_root(&data) {
            run(Command::new("chown").arg("postgres").arg(&data));
        }
        let mut initdb = program("initdb", &data);
        initdb.args([
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
        ]);
        run(initdb.arg("--no-sync").arg("--pgdata").arg(&data));
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = serve(&data, port);
        let mut cluster = Self {
            directory,
            port,
            server,
        };
        cluster.is_up().await;
        cluster
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A database with the newest schema, as the two users of a gateway.
    pub(crate) async fn migrated(&self) -> migrations::Users {
        let admin = Database::connect(self.url("postgres")).await.unwrap();
        admin.execute_unprepared("CREATE DATABASE nordbro").await.unwrap();
        admin.close().await.unwrap();
        let url = self.url("nordbro");
        migrations::run(&url).await.unwrap();
        migrations::admit(&url).await.unwrap()
    }

    /// Every process of it ends at once, as in a crash, and it starts again from its log.
    pub(crate) async fn crash(&mut self) {
        self.end();
        self.server = serve(&self.directory.path().join("data"), self.port);
        self.is_up().await;
    }

    async fn is_up(&mut self) {
        let url = self.url("postgres");
        let mut is_there = false;
        while !is_there {
            if let Some(status) = self.server.try_wait().unwrap() {
                let mut told = String::new();
                self.server
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut told)
                    .unwrap();
                panic!("PostgreSQL ended with {status}: {told}");
            }
            until("PostgreSQL listens", || {
                TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            })
            .await;
            // While it recovers it listens and refuses.
            is_there = match Database::connect(&url).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            };
        }
    }

    /// SIGQUIT: an immediate end, without a checkpoint.
    fn end(&mut self) {
        let id = self.server.id().to_string();
        // Fails when it has ended already.
        let _ended: Result<_, _> = Command::new("kill").args(["-QUIT", &id]).status();
        self.server.wait().unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
    }
}

fn is_root(path: &Path) -> bool {
    path.metadata().unwrap().uid() == 0
}

/// One of PostgreSQL's programs, run as a user it accepts.
fn program(name: &str, data: &Path) -> Command {
    let path = newest_programs().join(name);
    let parent = data.parent().unwrap();
    let mut command = if is_root(parent) {
        let mut other = Command::new("setpriv");
        other.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]);
        other.arg(path);
        other
    } else {
        Command::new(path)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Where Debian keeps the programs of the newest version.
fn newest_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed; ./test does it");
    let mut versions: Vec<_> = versions
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL's programs are installed")
}

fn serve(data: &Path, port: u16) -> Child {
    let mut server = program("postgres", data);
    server.arg("-D").arg(data).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=60",
        "log_min_messages=panic",
    ] {
        server.args(["-c", setting]);
    }
    server
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
