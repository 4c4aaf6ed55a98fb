//! A broker process that is killed at any moment loses nothing that it answered for.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::client::{Client, NOBODY, batch};

/// A broker in a process of its own, killed when dropped.
struct Killable {
    process: Child,
    address: SocketAddr,
}

impl Killable {
    fn start(folder: &Path) -> Killable {
        let mut process = Command::new(env!("CARGO_BIN_EXE_adp-broker"))
            .arg("--data")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Killable { process, address: line.trim().parse().unwrap() }
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// What a producer was told before the broker died under it.
#[derive(Debug, Default)]
struct Told {
    plain: usize,
    committed: Vec<String>,
    aborted: Vec<String>,
    /// Asked to be committed, and never answered: may have happened or not.
    unsure: Option<String>,
}

#[test]
fn whatever_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    {
        let broker = Killable::start(folder.path());
        let mut client = Client::connect(broker.address).unwrap();
        client.create_topic("plain", 1);
        client.create_topic("transactions", 1);
    }
    for round in 0..8u64 {
        let broker = Killable::start(folder.path());
        let mut client = Client::connect(broker.address).unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let seen = answered.clone();
        let killer = std::thread::spawn(move || {
            // The next request is under way by then; how far differs from round to round.
            while seen.load(Ordering::SeqCst) < 8 + 3 * round as usize {
                std::thread::yield_now();
            }
            drop(broker);
        });
        write_until_it_dies(&mut client, round, &mut told, &answered);
        killer.join().unwrap();
    }
    assert!(told.plain > 50 && told.committed.len() > 20, "the test did something: {told:?}");

    let broker = Killable::start(folder.path());
    let mut client = Client::connect(broker.address).unwrap();
    // Ends what the last round left open.
    client.new_producer(Some("t"));
    let plain = client.committed_values("plain");
    assert!(plain.len() >= told.plain, "{} of {}", plain.len(), told.plain);
    let committed = client.committed_values("transactions");
    for value in &told.committed {
        assert_eq!(committed.iter().filter(|v| *v == value).count(), 2, "{value}");
    }
    for value in &committed {
        assert!(!told.aborted.contains(value), "{value} was taken back");
    }
}

/// Plain records and transactions in turn, until a call fails because nobody is there any more.
fn write_until_it_dies(client: &mut Client, round: u64, told: &mut Told, answered: &AtomicUsize) {
    let producer = client.new_producer(Some("t"));
    let mut sequence = 0;
    for i in 0.. {
        let name = format!("{round}-{i}");
        let Ok((error, _)) = client.produce("plain", 0, None, batch(NOBODY, 0, false, &[&name]))
        else {
            return;
        };
        assert_eq!(error, 0);
        told.plain += 1;
        answered.fetch_add(1, Ordering::SeqCst);
        let commit = i % 3 != 0;
        match transaction(client, producer, &mut sequence, &name, commit) {
            Ok(()) if commit => told.committed.push(name),
            Ok(()) => told.aborted.push(name),
            Err(_) => {
                told.unsure = Some(name);
                return;
            }
        }
    }
}

/// One transaction that writes its name twice.
fn transaction(
    client: &mut Client,
    producer: (i64, i16),
    sequence: &mut i32,
    name: &str,
    commit: bool,
) -> std::io::Result<()> {
    use std::io::Error;
    let begun = client.try_begin("t", producer, "transactions")?;
    assert_eq!(begun, 0);
    for _ in 0..2 {
        let bytes = batch(producer, *sequence, true, &[name]);
        let (error, _) = client.produce("transactions", 0, Some("t"), bytes)?;
        assert_eq!(error, 0);
        *sequence += 1;
    }
    match client.end("t", producer, commit)? {
        0 => Ok(()),
        error => Err(Error::other(error.to_string())),
    }
}
