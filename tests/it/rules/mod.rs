//! `adp rules` as people and scripts run it, and packs of their own.

mod packs;
mod measuring;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A rule of a store that no built-in signature knows.
pub const LAKE_RULE: &str = "\
id = 'lake.quota'
summary = 'A zone of the lake is full.'
kind = 'cause'
class = 'infra.disk_full'
severity = 'error'
keywords = ['LAKE-507']
regex = 'LAKE-507 quota of zone (?P<path>\\w+) is used up'
must_match = ['26/11/23 10:00:00 ERROR LakeClient: LAKE-507 quota of zone a is used up']
must_not_match = ['LAKE-507 quota of zone a is used to 80 %']

[captures]
path = 'the zone'
";

/// A log in which only that rule sees the cause.
pub const LAKE_LOG: &str = "\
26/11/23 09:59:01 INFO SparkContext: Running Spark version 3.5.7
26/11/23 09:59:02 INFO DAGScheduler: Got job 0 (save at mart.py:7) with 1 output partitions
26/11/23 10:00:00 ERROR LakeClient: LAKE-507 quota of zone a is used up
Traceback (most recent call last):
  File \"/srv/etl/jobs/mart.py\", line 7, in <module>
    lake.save(mart)
lakeclient.LakeRefused: LAKE-507 quota of zone a is used up
";

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// The program with none of our own environment.
fn adp(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adp"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.output().expect("the program")
}

/// What it printed, once it has ended as it should.
fn printed(folder: &Path, arguments: &[&str], exit: i32) -> String {
    let output = adp(folder, arguments);
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}\n{out}\n{error}");
    out
}

fn json(folder: &Path, arguments: &[&str], exit: i32) -> Value {
    let all = [arguments, &["--format", "json"]].concat();
    serde_json::from_str(&printed(folder, &all, exit)).expect("JSON")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}
