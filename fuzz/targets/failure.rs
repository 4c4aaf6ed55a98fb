//! Whatever a producer puts on the topic of failures is accepted or refused with a reason.

use std::sync::LazyLock;

use adp::records::{Codec, Topic};
use adp::runtime::{Input, Moment, Place, Received};
use adp::stages::read_logs::accept::Arrived;
use adp_redact::Redactor;

static CODEC: LazyLock<Codec> = LazyLock::new(Codec::in_memory);

pub fn run(data: &[u8]) {
    let received = Received {
        place: Place { topic: Topic::FAILURES, partition: 0, offset: 1 },
        at: Moment(1),
        key: None,
        value: data.to_vec(),
        headers: Vec::new(),
    };
    match Arrived::read(&CODEC, &received) {
        Ok(arrived) => {
            let case = arrived.case(Redactor::built_in());
            assert_eq!(case.failure_id, arrived.failure_id());
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}
