//! The brokers that the suite runs on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use adp_broker::{Broker, Settings, Storage};

use super::clients::{PATIENCE, n_partitions_of};

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
/// the reason was said, and real Kafka is not tested.
pub fn real_kafka() -> Option<&'static str> {
    static ADDRESS: LazyLock<Option<String>> = LazyLock::new(|| {
        let found = match std::env::var("ADP_TEST_KAFKA") {
            Ok(bootstrap) => Ok(bootstrap),
            Err(_) => start_real_kafka(),
        };
        let bootstrap =
            found.map_err(|why| say(&format!("real Kafka was NOT tested: {why}"))).ok()?;
        n_partitions_of(&bootstrap, "is-anyone-there");
        Some(bootstrap)
    });
    ADDRESS.as_deref()
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
