//! Finding and running the binary.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::SystemTime;

use serde_json::Value;

/// The binary that the tests are about.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("NORDBRO_BIN")
        .map(PathBuf::from)
        .expect("NORDBRO_BIN names no binary: run ./test, or build one and set it");
    let built = modified(&path).unwrap_or_else(|| panic!("{} is not there", path.display()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (newest, changed) = newest_source(root).unwrap();
    assert!(
        built >= changed,
        "{} is older than {}: build it again, or these tests judge another program",
        path.display(),
        newest.display()
    );
    path
});

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The source of the binary that was changed last.
fn newest_source(root: &Path) -> Option<(PathBuf, SystemTime)> {
    let mut directories = vec![root.join("crates"), root.join("migrations/src")];
    let mut newest = None;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // Their tests are no part of the binary.
                if path.file_name().is_some_and(|name| name != "tests") {
                    directories.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| extension == "rs" || extension == "toml")
                && path
                    .file_name()
                    .is_some_and(|name| name != "tests.rs" && name != "Cargo.toml")
            {
                let changed = modified(&path).unwrap();
                if newest.as_ref().is_none_or(|(_, at)| *at < changed) {
                    newest = Some((path, changed));
                }
            }
        }
    }
    newest
}

pub(crate) fn binary() -> &'static Path {
    &BINARY
}

/// A call of the binary with nothing but the given variables in its environment.
pub(crate) fn nordbro(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    command_of(&BINARY, arguments, variables)
}

/// The same of a copy of it.
pub(crate) fn command_of(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    nordbro(arguments, variables).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A binary that serves. Killed when dropped, so that a failing test leaves nothing behind.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Option<BufReader<ChildStderr>>,
    seen: String,
}

impl Running {
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::spawn(nordbro(arguments, variables))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            stdout: Some(stdout),
            stderr: Some(stderr),
            seen: String::new(),
        }
    }

    /// The next line of standard output; empty at its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// Reads the log up to the line with this message.
    pub(crate) fn logged(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            self.stderr.as_mut().unwrap().read_line(&mut line).unwrap();
            assert!(
                !line.is_empty(),
                "it ended without saying {message:?}:\n{}",
                self.seen
            );
            self.seen.push_str(&line);
            match serde_json::from_str::<Value>(&line) {
                Ok(line) if line["message"] == message => return line,
                _ => {}
            }
        }
    }

    /// Reads the rest of its log, so that it never waits for a reader; shown when the test fails.
    pub(crate) fn hear(&mut self) {
        let stderr = self.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                println!("{line}");
            }
        });
    }

    /// Keeps the rest of its log, so that it never waits for a reader.
    pub(crate) fn keep(&mut self) -> std::thread::JoinHandle<Vec<u8>> {
        let mut stderr = self.stderr.take().unwrap();
        let mut kept = std::mem::take(&mut self.seen).into_bytes();
        std::thread::spawn(move || {
            stderr.read_to_end(&mut kept).unwrap();
            kept
        })
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes its standard output and waits: exit code, all of standard error.
    pub(crate) fn stop_reading(mut self) -> (Option<i32>, String) {
        let mut errors = std::mem::take(&mut self.seen);
        drop(self.stdout.take());
        self.stderr.as_mut().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }

    /// Waits for its own end: exit code, the rest of standard output, all of standard error.
    pub(crate) fn wait(mut self) -> (Option<i32>, String, String) {
        let (mut rest, mut errors) = (String::new(), std::mem::take(&mut self.seen));
        self.stderr.as_mut().unwrap().read_to_string(&mut errors).unwrap();
        self.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }

    /// Asks it to end and waits: exit code, the rest of standard output, all of standard error.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String, String) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let mut rest = String::new();
        let mut errors = std::mem::take(&mut self.seen);
        if let Some(stderr) = &mut self.stderr {
            stderr.read_to_string(&mut errors).unwrap();
        }
        self.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
