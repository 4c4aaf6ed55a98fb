//! The brokers that the suite runs on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

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
    static ADDRESS: LazyLock<String> =
        LazyLock::new(|| embedded(Storage::Folder(folder_of_this_process().join("embedded"))));
    &ADDRESS
}

/// A folder for as long as this process lives. Nobody tells us when the last case is over, so each
/// process removes what earlier ones left.
fn folder_of_this_process() -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    std::fs::create_dir_all(&all).unwrap();
    for entry in std::fs::read_dir(&all).unwrap() {
        let path = entry.unwrap().path();
        let is_in_use = Path::new("/proc").join(path.file_name().unwrap()).exists();
        if !is_in_use {
            // Another process may be removing it too.
            let _ = std::fs::remove_dir_all(path);
        }
    }
    all.join(std::process::id().to_string())
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

/// For what needs topics by their real names: on the shared broker one runs at a time, and finds
/// nothing of the one before.
pub fn alone_on_real_kafka(case: impl FnOnce(&str)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let Some(address) = real_kafka() else { return };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    forget_topics(address, &["pipeline.", "adp."]);
    case(address);
}

/// Deletes every topic of the prefixes, and waits until nobody tells of them.
fn forget_topics(at: &str, prefixes: &[&str]) {
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
    let folder = folder_of_this_process().join("kafka").to_string_lossy().into_owned();
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
