//! The brokers that the suite runs on.

use std::io::Write;
use std::process::Command;
use std::sync::LazyLock;

use adp_broker::{Broker, Settings, Storage};

use super::clients::{PATIENCE, admin, admin_options, n_partitions_of, until, wait};

/// A broker of ours that lives as long as this process, on a runtime of its own.
fn embedded(storage: Storage) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let broker = Broker::start(Settings::new(storage)).await.unwrap();
            send.send(broker.address().to_string()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receive.recv_timeout(PATIENCE).unwrap()
}

pub fn in_memory() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| embedded(Storage::Memory));
    &ADDRESS
}

/// A broker in memory that nobody else uses, for what needs topics by their real names.
pub fn fresh() -> String {
    embedded(Storage::Memory)
}

pub fn on_disk() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let folder = tempfile::Builder::new().prefix("adp-conformance").tempdir().unwrap().keep();
        embedded(Storage::Folder(folder))
    });
    &ADDRESS
}

/// Real Kafka: the one that `ADP_TEST_KAFKA` names, or one that we start if it was fetched. None:
/// the reason was said, and real Kafka is not tested, unless `ADP_REQUIRE_KAFKA` forbids that.
pub fn real_kafka() -> Option<&'static str> {
    static ADDRESS: LazyLock<Option<String>> = LazyLock::new(|| {
        let found = match std::env::var("ADP_TEST_KAFKA") {
            Ok(bootstrap) => Ok(bootstrap),
            Err(_) => start_real_kafka(),
        };
        let bootstrap = found
            .map_err(|why| {
                assert!(std::env::var("ADP_REQUIRE_KAFKA").is_err(), "real Kafka is needed: {why}");
                say(&format!("real Kafka was NOT tested: {why}"));
            })
            .ok()?;
        n_partitions_of(&bootstrap, "is-anyone-there");
        Some(bootstrap)
    });
    ADDRESS.as_deref()
}

/// Deletes every topic of the prefixes, and waits until nobody tells of them.
pub fn forget_topics(at: &str, prefixes: &[&str]) {
    let admin = admin(at);
    let named = || {
        let metadata = admin.inner().fetch_metadata(None, PATIENCE).unwrap();
        let names = metadata.topics().iter().map(|topic| topic.name().to_owned());
        names.filter(|name| prefixes.iter().any(|p| name.starts_with(p))).collect::<Vec<_>>()
    };
    let names = named();
    if !names.is_empty() {
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        wait(admin.delete_topics(&borrowed, &admin_options())).unwrap();
        until("the topics are gone", || named().is_empty().then_some(()));
    }
}

/// The script stops it when this process is gone.
fn start_real_kafka() -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/kafka");
    let run = |args: &[&str]| Command::new(script).args(args).output().map_err(|e| e.to_string());
    if !run(&["is-fetched"])?.status.success() {
        return Err("it was not fetched (scripts/kafka fetch)".to_owned());
    }
    let folder = tempfile::Builder::new().prefix("adp-real-kafka").tempdir().unwrap().keep();
    let folder = folder.to_string_lossy().into_owned();
    let parent = std::process::id().to_string();
    let started = run(&["start", "--port", "0", "--data", &folder, "--while", &parent])?;
    match started.status.success() {
        true => Ok(String::from_utf8_lossy(&started.stdout).trim().to_owned()),
        false => Err(String::from_utf8_lossy(&started.stderr).into_owned()),
    }
}

/// Says it past the test harness, which swallows what a passing test prints.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{sentence}");
}
