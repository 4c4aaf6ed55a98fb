//! Logs that are late, in the steps themselves: what is waited for, and what holds up nobody.

use std::path::Path;
use std::time::Duration;

use adp::config::Settings;
use adp::records::log_summary::{LogRole, LogStatus};
use adp::records::{LogSummary, RootCause, Topic};
use adp::runtime::{Driver, Moment, Topology};
use adp::signatures::{Rulebook, Rules};
use adp::stages::find_cause::FindCause;
use adp::stages::read_logs::ReadLogs;
use serde_json::{Value, json};

use super::fake::{Habit, LogServer};
use super::server;

const MISSING_MODULE: &[u8] = b"ModuleNotFoundError: No module named 'pandas'\n";
const START: Moment = Moment(1_795_454_740_000);

fn driver(servers: &LogServer, root: &Path) -> Driver {
    let mut settings = Settings::default();
    settings.logs.web = vec![server(&servers.url("/"))];
    settings.logs.roots = vec![root.into()];
    let store = adp::world::log_store(&settings).expect("a client");
    let rules = Rules::load(&settings.rules).expect("the rules load");
    let redactor = settings.redaction.redactor().expect("the redactor is built in");
    let steps = Topology::fed_by([Topic::FAILURES, Topic::FEEDBACK])
        .act(ReadLogs::new(store, Rulebook::new(rules), redactor, Duration::from_secs(60)))
        .decide(FindCause)
        .ending_in([Topic::ROOT_CAUSES]);
    Driver::new(steps, 1, START)
}

fn send(driver: &mut Driver, event: &Value) {
    driver.pipe_bytes(Topic::FAILURES, b"k", event.to_string().into_bytes());
}

fn event(task: &str, log: &str) -> Value {
    json!({"dag_id": "odd", "task_id": task, "log_path": log, "timestamp": START.0})
}

#[test]
fn a_log_that_is_late_or_throttled_is_asked_for_again() {
    let servers = LogServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut driver = driver(&servers, folder.path());
    let late = servers.put("/late", Habit::First(2, "404 Not Found"), MISSING_MODULE);
    let busy = "429 Too Many Requests\r\nRetry-After: 30";
    let busy = servers.put("/busy", Habit::First(1, busy), MISSING_MODULE);
    send(&mut driver, &event("late", &late));
    driver.advance(Duration::from_secs(20)).expect("the steps go on");
    assert_eq!(driver.read::<RootCause>().len(), 1);
    send(&mut driver, &event("busy", &busy));
    driver.advance(Duration::from_secs(25)).expect("the steps go on");
    let asked = servers.asked().iter().filter(|asked| asked.path == "/busy").count();
    assert_eq!((asked, driver.read::<RootCause>().len()), (1, 1), "the server named a time");
    driver.advance(Duration::from_secs(10)).expect("the steps go on");
    let causes = driver.read::<RootCause>();
    let classes: Vec<_> = causes.iter().map(|cause| cause.cause.class.as_str()).collect();
    assert_eq!(classes, ["env.missing_python_module"; 2]);
}

#[test]
fn a_late_log_holds_up_no_other_of_its_host() {
    let servers = LogServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut driver = driver(&servers, folder.path());
    send(&mut driver, &event("late", &servers.url("/none")));
    driver.settle().expect("the steps go on");
    send(&mut driver, &event("there", &servers.put("/there", Habit::Good, MISSING_MODULE)));
    driver.settle().expect("the steps go on");
    let summaries = driver.read::<LogSummary>();
    assert_eq!(summaries.len(), 1);
    assert_eq!(summaries[0].case.pipeline.task_id, "there");
}

#[test]
fn when_patience_is_over_what_there_is_is_read() {
    let servers = LogServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut driver = driver(&servers, folder.path());
    let mut event = event("driverless", &servers.url("/none.log?sig=hunter2"));
    let executor = servers.put("/1/stderr", Habit::Good, MISSING_MODULE);
    event["executor_log_paths"] = json!([executor, servers.url("/2/stderr")]);
    send(&mut driver, &event);
    driver.advance(Duration::from_secs(30)).expect("the steps go on");
    assert_eq!(driver.read::<LogSummary>().len(), 0, "the driver's log is waited for");
    driver.advance(Duration::from_secs(31)).expect("the steps go on");
    let summary = driver.read::<LogSummary>().remove(0);
    let said: Vec<_> =
        summary.logs.iter().map(|log| (log.name.as_str(), log.role, log.status)).collect();
    assert_eq!(
        said,
        [
            ("none.log", LogRole::Driver, LogStatus::Missing),
            ("1/stderr", LogRole::Executor, LogStatus::Read),
            ("2/stderr", LogRole::Executor, LogStatus::Missing),
        ]
    );
    assert!(!summary.logs[0].detail.contains("hunter2"), "{}", summary.logs[0].detail);
    assert_eq!(driver.read::<RootCause>()[0].cause.class, "env.missing_python_module");
}

#[test]
fn a_folder_and_a_pattern_stand_for_their_logs_and_a_second_address_for_the_first() {
    let servers = LogServer::start();
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("application_1");
    for (name, text) in [
        ("container_1_01_000001/stderr.1", "26/11/23 17:00:00 INFO a\n"),
        ("container_1_01_000001/stderr", "ModuleNotFoundError: No module named 'pandas'\n"),
        ("container_1_01_000002/stderr", "26/11/23 17:00:00 INFO b\n"),
        (".hidden/stderr", "x\n"),
    ] {
        std::fs::create_dir_all(run.join(name).parent().unwrap()).unwrap();
        std::fs::write(run.join(name), text).unwrap();
    }
    std::os::unix::fs::symlink("/etc", run.join("outside")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", run.join("container_1_01_000002/leak")).unwrap();
    let mut driver = driver(&servers, folder.path());
    send(&mut driver, &event("folder", &run.display().to_string()));
    send(&mut driver, &event("pattern", &run.join("*_000002/*").display().to_string()));
    let mut twice = event("twice", &servers.put("/log", Habit::Good, MISSING_MODULE));
    twice["local_log_path"] = json!("/elsewhere/worker.log");
    send(&mut driver, &twice);
    driver.settle().expect("the steps go on");
    let summaries = driver.read::<LogSummary>();
    let of = |task: &str| {
        let found = summaries.iter().find(|summary| summary.case.pipeline.task_id == task);
        let logs = &found.unwrap_or_else(|| panic!("no summary of {task}")).logs;
        logs.iter().map(|log| (log.name.clone(), log.role, log.lines)).collect::<Vec<_>>()
    };
    let named = |name: &str, role, lines| (name.to_owned(), role, lines);
    assert_eq!(
        of("folder"),
        [
            named("container_1_01_000001/stderr", LogRole::Driver, 2),
            named("container_1_01_000002/stderr", LogRole::Executor, 1),
        ]
    );
    assert_eq!(of("pattern").len(), 1);
    assert_eq!(of("twice"), [named("log", LogRole::Driver, 1)]);
}
