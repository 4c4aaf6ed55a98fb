//! What may be typed, what it does to files, and how it ends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::{adp, copied, printed, text};
use crate::metrics::history_server::{SKEW, fake::SparkHistory};

#[test]
fn a_file_that_is_named_and_cannot_be_read_is_a_mistake_of_the_command_line() {
    let case = copied("renamed-column");
    fs::create_dir(case.path().join("empty")).expect("ours");
    let mistakes: &[(&[&str], &str)] = &[
        (&["none.log"], "none.log: No such file"),
        (&["driver.log/below"], "driver.log/below: Not a directory"),
        (&["empty"], "there is no log at empty"),
        (&["none.log*"], "there is no log at none.log*"),
        (&["driver.log", "--executor-log", "none.log"], "none.log: No such file"),
        (&["driver.log", "--event-log", "none"], "none: No such file"),
        (&["driver.log", "--job", "none.py"], "none.py: No such file"),
        (&["driver.log", "--job", "."], ". is not a file"),
        (&["driver.log", "--settings", "none.toml"], "none.toml"),
        (&["driver.log", "--history-url", "history:18080", "--app", "a"], "history:18080"),
        (&["driver.log", "--history-url", "http://127.0.0.1:1"], "--app"),
        (&["driver.log", "--write"], "--job"),
        (&[], "DRIVER_LOG"),
    ];
    for (arguments, said) in mistakes {
        let output = adp(case.path()).args(*arguments).output().expect("the program");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_folder_and_a_pattern_are_the_logs_that_they_stand_for() {
    let here = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(here.path().join("parts/executors")).expect("ours");
    let part = |name: &str, text: &str| fs::write(here.path().join("parts").join(name), text);
    part("driver.log.1", "26/11/23 17:00:00 INFO SparkContext: Running Spark version 3.5.7\n")
        .and_then(|()| part("driver.log", "ModuleNotFoundError: No module named 'pandas'\n"))
        .and_then(|()| part("executors/1.log", "26/11/23 17:00:00 INFO a\n"))
        .expect("ours");
    for (named, n_logs) in [("parts", 2), ("parts/driver.log*", 1), ("./part?/driver.lo[g]*", 1)] {
        let output =
            adp(here.path()).args([named, "--exit-code", "1", "--format", "json"]).output();
        let answer: Value =
            serde_json::from_str(&printed(&output.expect("the program"))).expect("JSON");
        assert_eq!(answer["diagnosis"]["class"], "env.missing_python_module", "{named}: {answer}");
        let logs = answer["logs"].as_array().map(Vec::len);
        assert_eq!(logs, Some(n_logs), "{named}: {answer}");
    }
}

#[test]
fn what_cannot_be_used_besides_the_log_costs_nothing_but_itself() {
    let case = copied("renamed-column");
    fs::write(case.path().join("binary"), [0, 159, 146, 150, 0, 1]).expect("ours");
    fs::write(case.path().join("broken.py"), "def (:\n").expect("ours");
    let answer = |arguments: &[&str]| -> Value {
        let output = adp(case.path())
            .args(["driver.log", "--format", "json"])
            .args(arguments)
            .output()
            .expect("the program");
        let answer: Value = serde_json::from_str(&printed(&output)).expect("JSON");
        assert_eq!(answer["diagnosis"]["class"], "schema.unresolved_column", "{arguments:?}");
        answer
    };
    for arguments in [
        ["--event-log", "binary"].as_slice(),
        &["--event-log", "."],
        &["--history-url", "http://127.0.0.1:1", "--app", "app-1"],
    ] {
        let metrics = &answer(arguments)["diagnosis"]["metrics"];
        assert_eq!(metrics["verdict"], "unconfirmed", "{arguments:?}");
        assert_ne!(metrics["detail"], "", "{arguments:?}");
    }
    for job in ["binary", "broken.py"] {
        let fix = &answer(&["--job", job, "--write"])["fix"];
        assert_eq!((&fix["status"], &fix["written"]), (&"refused".into(), &false.into()), "{job}");
    }
}

#[test]
fn logs_come_through_pipes_and_packed_as_well() {
    let case = copied("renamed-column");
    let plain = fs::read(case.path().join("driver.log")).expect("a log");
    let packed = zstd::encode_all(plain.as_slice(), 1).expect("packed");
    for log in [plain, packed] {
        let mut child = adp(case.path())
            .args(["-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        child.stdin.take().expect("a pipe").write_all(&log).expect("it reads");
        let answer = printed(&child.wait_with_output().expect("the program"));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["diagnosis"]["root_line"]["file"], "stdin");
        assert_eq!(answer["diagnosis"]["root_line"]["line"], 96);
    }
}

#[test]
fn the_fix_is_written_when_asked_for_and_once() {
    let case = copied("renamed-column");
    let job = case.path().join("orders_daily_revenue.py");
    let before = fs::read_to_string(&job).expect("a job");
    let fix = |arguments: &[&str]| -> Value {
        let output = adp(case.path())
            .args(["driver.log", "--job", "orders_daily_revenue.py", "--format", "json"])
            .args(arguments)
            .output()
            .expect("the program");
        serde_json::from_str::<Value>(&printed(&output)).expect("JSON")["fix"].clone()
    };
    assert_eq!((&fix(&[])["status"], &fix(&[])["written"]), (&"patched".into(), &false.into()));
    assert_eq!(fs::read_to_string(&job).expect("a job"), before, "nobody asked for a write");
    assert_eq!(fix(&["--write"])["written"], true);
    let after = fs::read_to_string(&job).expect("a job");
    assert_ne!(after, before);
    let again = fix(&["--write"]);
    assert_eq!((&again["status"], &again["written"]), (&"already".into(), &false.into()));
    assert_eq!(fs::read_to_string(&job).expect("a job"), after);
}

#[test]
fn each_step_leaves_its_record_in_the_folder_that_is_named() {
    let case = copied("renamed-column");
    let command = "driver.log --job orders_daily_revenue.py --out new/folder";
    printed(&adp(case.path()).args(command.split(' ')).output().expect("the program"));
    let record = |name: &str| -> Value {
        let text = fs::read_to_string(case.path().join("new/folder").join(name)).expect(name);
        serde_json::from_str(&text).expect("JSON")
    };
    assert_eq!(record("log_summary.json")["logs"][0]["name"], "driver.log");
    let root_cause = record("root_cause.json");
    assert_eq!(root_cause["cause"]["class"], "schema.unresolved_column");
    let diagnosis = record("diagnosis.json");
    assert_eq!(diagnosis["incident"], root_cause["incident"]);
    assert_eq!(diagnosis["metrics"]["verdict"], "unconfirmed");
    let fix = record("fix.json");
    assert_eq!(fix["cause"], diagnosis["cause"]);
    assert_eq!(fix["files"][0]["path"], "orders_daily_revenue.py");
}

#[test]
fn the_history_server_that_is_named_is_asked() {
    let async_runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = async_runtime.block_on(SparkHistory::start());
    let case = copied("skewed-join");
    let output = adp(case.path())
        .args(["driver.log.gz", "--format", "json", "--app", SKEW, "--history-url"])
        .arg(server.url())
        .output()
        .expect("the program");
    let answer: Value = serde_json::from_str(&printed(&output)).expect("JSON");
    assert_eq!(answer["diagnosis"]["class"], "perf.skew");
    assert_eq!(answer["diagnosis"]["metrics"]["checked"], "history_server");
    assert_eq!(answer["diagnosis"]["metrics"]["verdict"], "explains");
    assert!(!server.asked().is_empty());
}

#[test]
fn thresholds_of_the_settings_count() {
    let case = copied("skewed-join");
    let settings = "[metrics.thresholds]\nskew_ratio = 1e6\nstraggler_ratio = 1e6\n";
    fs::write(case.path().join("adp.toml"), settings).expect("ours");
    let verdict = |folder: &Path| {
        let command = "driver.log.gz --event-log local-1795457442339.zstd --format json";
        let output = adp(folder).args(command.split(' ')).output().expect("the program");
        let answer: Value = serde_json::from_str(&printed(&output)).expect("JSON");
        answer["diagnosis"]["verdict"].clone()
    };
    assert_eq!(verdict(case.path()), "healthy");
    fs::remove_file(case.path().join("adp.toml")).expect("ours");
    assert_eq!(verdict(case.path()), "conclusive");
}
