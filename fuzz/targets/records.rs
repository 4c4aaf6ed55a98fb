//! Whatever lies on our topics is decoded or refused, and what is decoded is encoded alike.

use std::sync::LazyLock;

use adp::records::{
    Codec, Delivery, Diagnosis, Failure, Fix, LogSummary, News, Notice, PullRequest, Record,
    RootCause,
};

static CODEC: LazyLock<Codec> = LazyLock::new(Codec::in_memory);

/// The first byte is the id of the schema.
pub fn run(data: &[u8]) {
    let Some((&id, datum)) = data.split_first() else { return };
    let framed = [&[0, 0, 0, 0, id % 32], datum].concat();
    read::<Failure>(&framed);
    read::<LogSummary>(&framed);
    read::<RootCause>(&framed);
    read::<Diagnosis>(&framed);
    read::<Fix>(&framed);
    read::<PullRequest>(&framed);
    read::<News>(&framed);
    read::<Notice>(&framed);
    read::<Delivery>(&framed);
    // What people tail.
    let _ = CODEC.to_json(&framed);
    let _ = CODEC.to_json(data);
}

fn read<R: Record>(bytes: &[u8]) {
    let Ok(record) = CODEC.decode::<R>(bytes) else { return };
    let again = CODEC.encode(&record);
    let reread = CODEC.decode::<R>(&again).map(|record| CODEC.encode(&record));
    assert_eq!(reread.expect("what we wrote is read"), again);
}
