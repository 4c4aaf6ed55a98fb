//! Ten thousand secrets in logs, events, Spark's event log and a job's source: none comes out.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;

use adp::records::{Diagnosis, Topic};
use adp::runtime::Driver;
use aho_corasick::AhoCorasick;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::workshop::Workshop;

#[path = "../../../crates/redact/tests/planted/mod.rs"]
mod planted;

use planted::{Planted, planted};

const N_SECRETS: usize = 10_000;
/// Secrets of one failure: as many as its summary keeps places for.
const N_OF_A_FAILURE: usize = 500;
const JOB: &str = "orders_daily_revenue.py";

/// Everything that is written, but for the failures themselves.
const WRITTEN: [Topic; 9] = [
    Topic::LOG_SUMMARIES,
    Topic::ROOT_CAUSES,
    Topic::DIAGNOSES,
    Topic::FIXES,
    Topic::PULL_REQUESTS,
    Topic::NEWS,
    Topic::NOTICES,
    Topic::DELIVERIES,
    Topic::DEAD_LETTERS,
];

/// Looks for every secret at once.
struct Search {
    secrets: Vec<String>,
    automaton: AhoCorasick,
}

impl Search {
    fn of(all: &[Planted]) -> Search {
        let secrets = all.iter().flat_map(|one| one.secrets.clone());
        let quoted = |secret: &String| {
            let json = serde_json::to_string(secret).expect("a text");
            json[1..json.len() - 1].to_owned()
        };
        let secrets: Vec<String> = secrets.flat_map(|secret| [quoted(&secret), secret]).collect();
        let automaton = AhoCorasick::new(&secrets).expect("not too many");
        Search { secrets, automaton }
    }

    fn n_secrets(&self) -> usize {
        self.secrets.len() / 2
    }

    #[track_caller]
    fn assert_none_in(&self, place: &str, bytes: &[u8]) {
        let found = self.automaton.find_iter(bytes).take(10).map(|found| {
            let around =
                &bytes[found.start().saturating_sub(120)..bytes.len().min(found.end() + 60)];
            let secret = &self.secrets[found.pattern().as_usize()];
            format!("{secret}\n    in {}", String::from_utf8_lossy(around))
        });
        let found: Vec<String> = found.collect();
        assert!(found.is_empty(), "{place}: {found:#?}");
    }

    fn assert_none_in_folder(&self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            self.assert_none_in(&path.display().to_string(), &fs::read(&path).expect("a file"));
        }
    }
}

/// A driver's log in which each line that is kept holds a secret: those before the failure, the
/// code and the messages of many tracebacks, and the last ones.
fn log_with(secrets: &[Planted]) -> String {
    let mut log = String::new();
    for (n, group) in secrets.chunks(12).enumerate() {
        let (last, frames) = group.split_last().expect("no group is empty");
        log.push_str("Traceback (most recent call last):\n");
        for (line, one) in frames.iter().enumerate() {
            let Planted { text, .. } = one;
            if text.contains('\n') {
                continue;
            }
            // A frame's file belongs to what makes a traceback differ from others.
            let _ = writeln!(log, "  File \"/srv/jobs/step_{n}.py\", line {}, in f{n}", line + 1);
            let _ = writeln!(log, "    {text}");
        }
        let _ = writeln!(log, "RuntimeError: job {n} failed: {}", last.text);
    }
    for one in secrets {
        let _ = writeln!(log, "{}", one.text);
        let _ =
            writeln!(log, "26/11/23 17:25:38 ERROR Job: java.io.IOException: failed: {}", one.text);
    }
    log
}

fn golden_log() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/orders-daily-revenue-s35/driver.log.gz");
    let mut log = String::new();
    let packed = fs::File::open(path).expect("a golden log");
    GzDecoder::new(packed).read_to_string(&mut log).expect("packed by us");
    log
}

/// Spark's own account of the run, as an event log has it.
fn event_log_with(secrets: &[Planted]) -> String {
    let properties: serde_json::Map<String, Value> = secrets
        .iter()
        .filter_map(|one| {
            let (name, value) = one.text.split_once('=')?;
            Some((format!("spark.{name}"), json!(value)))
        })
        .collect();
    let said: Vec<&str> = secrets.iter().map(|one| one.text.as_str()).collect();
    let reason = json!({
        "Reason": "ExceptionFailure", "Class Name": "java.io.IOException",
        "Description": said.join("\n"), "Full Stack Trace": said.join("\n"), "Stack Trace": [],
    });
    let stage = json!({
        "Stage ID": 0, "Stage Attempt ID": 0, "Stage Name": said[0], "Number of Tasks": 1,
        "Submission Time": 1, "Completion Time": 9, "Failure Reason": said.join("\n"),
    });
    let events = [
        json!({"Event": "SparkListenerLogStart", "Spark Version": "3.5.7"}),
        json!({"Event": "SparkListenerEnvironmentUpdate", "JVM Information": {},
               "Spark Properties": properties, "System Properties": properties}),
        json!({"Event": "SparkListenerApplicationStart", "App Name": said[0], "App ID": "app-1",
               "Timestamp": 1, "User": "etl"}),
        json!({"Event": "SparkListenerJobStart", "Job ID": 0, "Submission Time": 1,
               "Stage IDs": [0], "Stage Infos": [stage], "Properties": properties}),
        json!({"Event": "SparkListenerStageSubmitted", "Stage Info": stage}),
        json!({"Event": "SparkListenerTaskEnd", "Stage ID": 0, "Stage Attempt ID": 0,
               "Task Type": "ResultTask", "Task End Reason": reason,
               "Task Info": {"Task ID": 0, "Index": 0, "Attempt": 0, "Launch Time": 1,
                             "Finish Time": 9, "Failed": true, "Host": "h", "Executor ID": "1"}}),
        json!({"Event": "SparkListenerStageCompleted", "Stage Info": stage}),
        json!({"Event": "SparkListenerJobEnd", "Job ID": 0, "Completion Time": 9,
               "Job Result": {"Result": "JobFailed", "Exception": {"Message": said.join("\n")}}}),
        json!({"Event": "SparkListenerApplicationEnd", "Timestamp": 9}),
    ];
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn pipe(driver: &mut Driver, event: &Value) {
    driver.pipe_bytes(Topic::FAILURES, b"", event.to_string().into_bytes());
}

#[test]
fn none_of_ten_thousand_secrets_comes_out() {
    let all = planted(N_SECRETS);
    let search = Search::of(&all);
    assert!(search.n_secrets() >= N_SECRETS);
    let workshop = Workshop::new();
    let job_secrets = &all[..100];
    plant_in_the_job(&workshop, job_secrets);
    let mut driver = workshop.driver(1);
    for (n, group) in all.chunks(N_OF_A_FAILURE).enumerate() {
        // Every other failure is one whose job gets a fix.
        let task = if n % 2 == 0 { "orders_daily_revenue".to_owned() } else { format!("t{n}") };
        let ending = if n % 2 == 0 { golden_log() } else { String::new() };
        let (first, second) = group.split_at(group.len() / 2);
        let log = workshop.log(&format!("{n}.log"), (log_with(first) + &ending).as_bytes());
        let executor = workshop.log(&format!("{n}-1.stderr"), log_with(second).as_bytes());
        let events = workshop.log(&format!("{n}.events"), event_log_with(group).as_bytes());
        let fields = &group[group.len() - 6..];
        let event = json!({
            "source": "airflow", "dag_id": "nightly", "task_id": task, "run_id": fields[0].text,
            "attempt": 1, "local_log_path": log, "executor_log_paths": [executor],
            "event_log_path": events, "job_file": JOB, "exit_code": 1, "log_url": fields[1].text,
            "history_url": fields[2].text, "metadata": {"note": fields[3].text},
            "project": fields[4].text, "job_id": fields[5].text,
        });
        pipe(&mut driver, &event);
    }
    driver.run_dry().expect("the steps go on");
    let checked = driver.read::<Diagnosis>().into_iter().filter(|diagnosis| {
        diagnosis.metrics.findings.iter().any(|finding| finding.text.contains("[redacted:"))
    });
    assert!(checked.count() > 0, "Spark's words are quoted");
    let fixes = driver.lying_on(Topic::FIXES);
    assert_eq!(fixes.len(), N_SECRETS / N_OF_A_FAILURE);
    for topic in WRITTEN {
        for message in driver.lying_on(topic) {
            search.assert_none_in(&format!("{topic:?}"), &message.value);
        }
    }
    search.assert_none_in("the dead letters", format!("{:?}", driver.dead_letters()).as_bytes());
    search.assert_none_in("the terminal", workshop.printed().as_bytes());
    search.assert_none_in_folder(&workshop.path("outbox"));
    search.assert_none_in_folder(&workshop.path("pull-requests"));
    commits_keep_the_job_as_it_was(&workshop, job_secrets, &search);
}

/// As comments behind the job, and beside the lines that a fix changes.
fn plant_in_the_job(workshop: &Workshop, secrets: &[Planted]) {
    let git = git2::Repository::open(workshop.path("jobs")).expect("a repository");
    let path = workshop.path("jobs").join(JOB);
    let mut source = fs::read_to_string(&path).expect("a job");
    for one in secrets.iter().filter(|one| !one.text.contains('\n')) {
        let _ = writeln!(source, "# {}", one.text);
    }
    let beside = "enriched = (\n";
    assert!(source.contains(beside));
    source = source.replacen(beside, &format!("# {}\n{beside}", secrets[0].text), 1);
    fs::write(&path, source).expect("written");
    let mut index = git.index().expect("an index");
    index.add_path(Path::new(JOB)).expect("added");
    let tree = git.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let dana = git2::Signature::new("Dana", "dana@example.com", &git2::Time::new(1, 0));
    let dana = dana.expect("a name");
    let head = git.head().and_then(|head| head.peel_to_commit()).expect("a commit");
    git.commit(Some("HEAD"), &dana, &dana, "More", &tree, &[&head]).expect("a commit");
}

/// The branch changes what the fix changes and nothing else, and its message says no secret.
fn commits_keep_the_job_as_it_was(workshop: &Workshop, secrets: &[Planted], search: &Search) {
    let git = git2::Repository::open(workshop.path("jobs")).expect("a repository");
    let branches = workshop.world().branches;
    assert!(!branches.is_empty(), "the job was fixed");
    for (commit, _) in branches.values() {
        let commit = git2::Oid::from_str(commit).and_then(|id| git.find_commit(id));
        let commit = commit.expect("the tip of the branch");
        search.assert_none_in("a commit's message", commit.message_bytes());
        let entry = commit.tree().and_then(|tree| tree.get_path(Path::new(JOB)));
        let blob = git.find_blob(entry.expect("the job").id()).expect("a blob");
        let text = String::from_utf8_lossy(blob.content()).into_owned();
        assert!(!text.contains("[redacted:"), "{text}");
        for one in secrets.iter().filter(|one| !one.text.contains('\n')) {
            assert!(text.contains(&one.text), "{} was lost", one.how);
        }
    }
}

#[test]
fn analyze_says_none_of_them_on_any_stream() {
    let all = planted(600);
    let search = Search::of(&all);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("driver.log"), log_with(&all) + &golden_log()).expect("written");
    fs::write(at("events"), event_log_with(&all)).expect("written");
    let job = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/production/jobs").join(JOB);
    let source = fs::read_to_string(job).expect("a job");
    let comments = all.iter().filter(|one| !one.text.contains('\n')).take(50);
    let comments: String = comments.map(|one| format!("# {}\n", one.text)).collect();
    fs::write(at(JOB), source + &comments).expect("written");
    for format in ["text", "json"] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_adp"))
            .args(["analyze", "driver.log", "--event-log", "events", "--job", JOB])
            .args(["--out", "out", "--format", format])
            .current_dir(folder.path())
            .env_clear()
            .env("RUST_LOG", "debug")
            .output()
            .expect("the program");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        search.assert_none_in("standard output", &output.stdout);
        search.assert_none_in("standard error", &output.stderr);
        search.assert_none_in_folder(&at("out"));
    }
}
