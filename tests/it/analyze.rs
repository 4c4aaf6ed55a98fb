//! `adp analyze` as people and scripts run it: the binary, its output and its exit code.

mod golden;
mod contract;
mod command_line;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

fn folder_of(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden-analyze").join(case)
}

/// The program with none of our own environment.
fn adp(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adp"));
    command.arg("analyze").current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What it printed, once it has said that all is well.
fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A copy that may be written to, last written to at a time that we know.
fn copied(case: &str) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_all(&folder_of(case), copy.path());
    copy
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder of golden files") {
        let from = entry.expect("a readable entry").path();
        let to = to.join(from.file_name().expect("it has a name"));
        if from.is_dir() {
            fs::create_dir(&to).expect("a new folder");
            copy_all(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
            let file = File::options().write(true).open(&to).expect("it is ours");
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_470_531);
            file.set_modified(then).expect("it is ours");
        }
    }
}
