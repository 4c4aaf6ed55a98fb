//! Bytes that are no request end the connection that they came on, and nothing else.

use std::io::ErrorKind;

use adp_broker::{Broker, Settings, Storage};
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::client::{Client, NOBODY, batch, header};

fn broker() -> (Runtime, Broker) {
    let runtime = Runtime::new().unwrap();
    let broker = runtime.block_on(Broker::start(Settings::new(Storage::Memory))).unwrap();
    (runtime, broker)
}

fn assert_alive(broker: &Broker) {
    let mut client = Client::connect(broker.address()).unwrap();
    let answer = client.call(3, &ApiVersionsRequest::default()).unwrap();
    assert_eq!(answer.error_code, 0);
}

fn assert_hangs_up(client: &mut Client) {
    let error = client.receive_frame().unwrap_err();
    let hung_up = matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset);
    assert!(hung_up, "{error}");
}

#[test]
fn nonsense_is_hung_up_on() {
    let (_runtime, broker) = broker();
    // An array that says it has two thousand million elements, which nobody may reserve room for.
    let mut boundless = header(ApiKey::Metadata, 1);
    boundless.extend_from_slice(&i32::MAX.to_be_bytes());
    let mut unspoken = header(ApiKey::Metadata, 12);
    unspoken.extend_from_slice(&[0; 20]);
    let frames: [&[u8]; 6] = [
        b"",
        b"short",
        b"\x7f\xff\x00\x00\x00\x00\x00\x01\xff\xff",
        &boundless,
        &unspoken,
        &header(ApiKey::Produce, 8),
    ];
    for frame in frames {
        let mut client = Client::connect(broker.address()).unwrap();
        client.send_frame(frame).unwrap();
        assert_hangs_up(&mut client);
        assert_alive(&broker);
    }
}

#[test]
fn a_frame_larger_than_the_limit_is_hung_up_on() {
    let (_runtime, broker) = broker();
    // What a lost web browser sends reads as a frame of 1.2 GB.
    for start in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4], &[0x7f, 0xff, 0xff, 0xff]] {
        let mut client = Client::connect(broker.address()).unwrap();
        client.send_bytes(start).unwrap();
        assert_hangs_up(&mut client);
        assert_alive(&broker);
    }
}

#[test]
fn damaged_batches_are_refused_and_the_connection_stays() {
    let (_runtime, broker) = broker();
    let mut client = Client::connect(broker.address()).unwrap();
    client.create_topic("damaged", 1);
    let good = batch(NOBODY, 0, false, &["a", "b"]);
    for at in 8..good.len() {
        // The leader epoch is ours to write and no part of what is checked.
        if (12..16).contains(&at) {
            continue;
        }
        let mut bad = good.to_vec();
        bad[at] ^= 0x41;
        let (error, _) = client.produce("damaged", 0, None, bad.into()).unwrap();
        assert_ne!(error, 0, "byte {at}");
    }
    assert_eq!(client.produce("damaged", 0, None, good).unwrap(), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    /// Every request type, followed by anything: the broker answers or hangs up, and lives.
    #[test]
    fn anything_at_all_leaves_the_broker_alive(
        bodies in prop::collection::vec(
            (0i16..70, 0i16..12, prop::collection::vec(any::<u8>(), 0..200)), 40)
    ) {
        let (_runtime, broker) = broker();
        for (key, version, body) in bodies {
            let mut client = Client::connect(broker.address()).unwrap();
            let mut frame = vec![];
            frame.extend(key.to_be_bytes());
            frame.extend(version.to_be_bytes());
            frame.extend([0, 0, 0, 1, 0xff, 0xff]);
            frame.extend(body);
            client.send_frame(&frame).unwrap();
        }
        assert_alive(&broker);
    }
}
