//! What the embedded broker still knows after it was stopped in the middle of everything. (That a
//! process killed by the system leaves the same behind is tested beside the broker itself.)

use std::net::SocketAddr;

use adp_broker::{Broker, Settings, StartError, Storage};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::Producer;
use tokio::runtime::Runtime;

use super::clients::*;

/// A broker on a folder, which can be stopped without a last word and started again.
struct Restartable {
    settings: Settings,
    running: Option<(Runtime, Broker)>,
}

impl Restartable {
    fn start(settings: Settings) -> Restartable {
        let mut restartable = Restartable { settings, running: None };
        restartable.restart();
        restartable
    }

    /// Tasks and sockets end where they are; nothing is flushed.
    fn restart(&mut self) {
        if let Some((runtime, broker)) = self.running.take() {
            drop(runtime);
            drop(broker);
        }
        let runtime = Runtime::new().unwrap();
        let broker = runtime.block_on(Broker::start(self.settings.clone())).unwrap();
        // Clients find it where it was.
        self.settings.listen = broker.address();
        self.running = Some((runtime, broker));
    }

    fn address(&self) -> SocketAddr {
        self.settings.listen
    }
}

#[test]
fn everything_committed_is_there_after_a_sudden_stop() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        segment_bytes: 2_000,
        ..Settings::new(Storage::Folder(folder.path().to_owned()))
    };
    let mut broker = Restartable::start(settings);
    let at = broker.address().to_string();
    let at = at.as_str();
    let topic = topic_with(at, "kept", 2, &[("cleanup.policy", "compact")]);
    let plain = producer(at);
    for i in 0..100 {
        send(&plain, &topic, i % 2, &format!("plain {i}"));
        // Small batches, so that several segments are written.
        drain(&plain);
    }
    let (id, group) = (unique("kept"), unique("kept"));
    let writer = transactional(at, &id);
    commit_one(&writer, &topic, 0, "committed");
    leave_open(&writer, &topic, 0, "aborted");
    writer.abort_transaction(CALL).unwrap();
    let outsider: BaseConsumer = consumer_config(at, &group).create().unwrap();
    outsider.commit(&position(&topic, 0, 25), CommitMode::Sync).unwrap();
    leave_open(&writer, &topic, 1, "open");
    let held = outsider.group_metadata().unwrap();
    writer.send_offsets_to_transaction(&position(&topic, 0, 40), &held, CALL).unwrap();

    broker.restart();

    let visible = values(at, &topic, READ_COMMITTED);
    assert_eq!(visible.iter().filter(|v| v.starts_with("plain")).count(), 100);
    let others: Vec<_> = visible.iter().filter(|v| !v.starts_with("plain")).collect();
    assert_eq!(others, ["committed"], "the open transaction is still open");
    assert_eq!(committed(at, &group, &topic, 0), Some(25));
    assert!(try_committed(at, &group, &topic, 0, READ_COMMITTED, millis(1_000)).is_err());

    // The transaction outlived the broker: its owner can still commit it.
    writer.commit_transaction(CALL).unwrap();
    let visible = values(at, &topic, READ_COMMITTED);
    assert!(visible.contains(&"open".to_owned()));
    assert_eq!(committed(at, &group, &topic, 0), Some(40));
    commit_one(&transactional(at, &id), &topic, 0, "of the successor");
    assert!(refusal(late(&writer, &topic)).is_fatal(), "epochs survive too");
    send(&plain, &topic, 0, "after");
    drain(&plain);
    assert_eq!(values(at, &topic, READ_COMMITTED).len(), 104);
}

fn late(zombie: &rdkafka::producer::BaseProducer, topic: &str) -> rdkafka::error::KafkaResult<()> {
    zombie.begin_transaction()?;
    try_send(zombie, topic, 0, "late")?;
    zombie.commit_transaction(CALL)
}

#[test]
fn a_group_finds_its_members_again_after_a_sudden_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Restartable::start(Settings::new(Storage::Folder(folder.path().to_owned())));
    let at = broker.address().to_string();
    let topic = topic(&at, "again", 2);
    let group = unique("again");
    let (a, b) = (member(&at, &group, &[&topic]), member(&at, &group, &[&topic]));
    settle(&[(&a, 1), (&b, 1)]);
    broker.restart();
    let feeder = producer(&at);
    for partition in 0..2 {
        send(&feeder, &topic, partition, "after");
    }
    drain(&feeder);
    let mut read = 0;
    until("both partitions are read again", || {
        for consumer in [&a, &b] {
            // Broken connections show as errors for a while.
            if let Some(Ok(_)) = consumer.poll(millis(20)) {
                read += 1;
            }
        }
        (read == 2).then_some(())
    });
}

#[test]
fn a_data_folder_has_one_broker_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(Storage::Folder(folder.path().to_owned()));
    let runtime = Runtime::new().unwrap();
    let first = runtime.block_on(Broker::start(settings.clone())).unwrap();
    let second = runtime.block_on(Broker::start(settings.clone()));
    assert!(matches!(second, Err(StartError::InUse(_))), "{second:?}");
    runtime.block_on(first.shutdown()).unwrap();
    runtime.block_on(Broker::start(settings)).unwrap();
}
