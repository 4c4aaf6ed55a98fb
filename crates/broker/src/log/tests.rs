//! What was appended is read back, after reopening, after a cut at any byte, and after damage.

use super::batch::tests::data_batch;
use super::*;

const PLAIN: (i64, i16, i32) = (-1, -1, -1);

fn append(log: &mut Log, bytes: &Bytes) -> i64 {
    log.append(Header::read(bytes).unwrap(), bytes).unwrap()
}

/// Every batch that a reader gets who starts at the beginning and takes `most` bytes a time.
fn read_through(log: &Log, most: usize) -> Vec<Header> {
    let mut headers = Vec::new();
    let mut from = log.start();
    loop {
        let stretch = log.read(from, log.end(), most, true).unwrap();
        if stretch.batches.is_empty() {
            return headers;
        }
        headers.extend(batch::split(stretch.batches).unwrap().iter().map(|(h, _)| *h));
        from = stretch.last_offset + 1;
    }
}

#[test]
fn what_was_written_is_read_whatever_the_sizes() {
    for segment_bytes in [1, 200, 1 << 20] {
        for most in [0, 100, 1 << 20] {
            let mut log = Log::in_memory(segment_bytes);
            for n in 1..10 {
                append(&mut log, &data_batch(PLAIN, false, n));
            }
            let read = read_through(&log, most);
            let offsets: Vec<i64> = read.iter().map(|h| h.base_offset).collect();
            assert_eq!(offsets, [0, 1, 3, 6, 10, 15, 21, 28, 36]);
            assert_eq!(log.end(), 45);
        }
    }
}

#[test]
fn a_reader_gets_the_batch_that_holds_its_offset() {
    let mut log = Log::in_memory(1 << 20);
    append(&mut log, &data_batch(PLAIN, false, 5));
    append(&mut log, &data_batch(PLAIN, false, 5));
    let stretch = log.read(7, log.end(), 1 << 20, true).unwrap();
    let first = Header::read(&stretch.batches).unwrap();
    assert_eq!((first.base_offset, stretch.last_offset), (5, 9));
    assert!(log.read(10, 10, 1 << 20, true).unwrap().batches.is_empty());
    assert!(log.read(0, 10, 10, false).unwrap().batches.is_empty(), "no room, no duty");
}

#[test]
fn a_log_is_the_same_after_it_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let write = |log: &mut Log| {
        append(log, &data_batch((1, 0, 0), true, 3));
        append(log, &data_batch((2, 4, 0), true, 2));
        log.append_marker((1, 0), Outcome::Abort, 5).unwrap();
        append(log, &data_batch((1, 0, 3), true, 1));
    };
    let check = |log: &Log| {
        assert_eq!((log.start(), log.end(), log.last_stable()), (0, 7, 3));
        let aborted = Aborted { producer_id: 1, first_offset: 0, marker_offset: 5 };
        assert_eq!(log.aborted_between(0, 2), [aborted]);
        assert_eq!(log.aborted_between(6, 6), []);
        let mut open = log.open_transactions();
        open.sort();
        assert_eq!(open, [(1, 0), (2, 4)]);
        let again = Header::read(&data_batch((1, 0, 3), true, 1)).unwrap();
        assert_eq!(log.judge(&again), Ok(Verdict::Duplicate(6)));
        let gap = Header::read(&data_batch((1, 0, 5), true, 1)).unwrap();
        assert_eq!(log.judge(&gap), Err(ResponseError::OutOfOrderSequenceNumber));
        let stale = Header::read(&data_batch((2, 3, 0), true, 1)).unwrap();
        assert_eq!(log.judge(&stale), Err(ResponseError::InvalidProducerEpoch));
    };
    let mut log = Log::open(folder.path(), 150).unwrap();
    write(&mut log);
    check(&log);
    drop(log);
    let mut log = Log::open(folder.path(), 150).unwrap();
    check(&log);
    log.append_marker((2, 4), Outcome::Commit, 6).unwrap();
    assert_eq!(log.last_stable(), 6);
}

#[test]
fn wherever_a_write_was_cut_the_whole_batches_stay() {
    let whole = tempfile::tempdir().unwrap();
    let mut log = Log::open(whole.path(), 1 << 20).unwrap();
    append(&mut log, &data_batch(PLAIN, false, 2));
    append(&mut log, &data_batch(PLAIN, false, 3));
    let path = &segment::files_in(whole.path()).unwrap()[0];
    let bytes = std::fs::read(path).unwrap();
    let first = Header::read(&bytes).unwrap().size;
    for cut in 0..=bytes.len() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(path.file_name().unwrap()), &bytes[..cut]).unwrap();
        let mut log = Log::open(folder.path(), 1 << 20).unwrap();
        let kept = if cut < first {
            0
        } else if cut < bytes.len() {
            2
        } else {
            5
        };
        assert_eq!(log.end(), kept, "cut at {cut}");
        assert_eq!(append(&mut log, &data_batch(PLAIN, false, 1)), kept);
        drop(log);
        assert_eq!(Log::open(folder.path(), 1 << 20).unwrap().end(), kept + 1);
    }
}

#[test]
fn damage_before_the_last_segment_is_not_repaired_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), 1).unwrap();
    append(&mut log, &data_batch(PLAIN, false, 2));
    append(&mut log, &data_batch(PLAIN, false, 2));
    drop(log);
    let first = &segment::files_in(folder.path()).unwrap()[0];
    let mut bytes = std::fs::read(first).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(first, bytes).unwrap();
    let refused = Log::open(folder.path(), 1).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}

/// A folder with one segment of three batches, the file, and where each batch begins.
fn with_three_batches() -> (tempfile::TempDir, PathBuf, [usize; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), 1 << 20).unwrap();
    let sizes = [2, 3, 4].map(|n| {
        let batch = data_batch(PLAIN, false, n);
        append(&mut log, &batch);
        batch.len()
    });
    let file = segment::files_in(folder.path()).unwrap().remove(0);
    (folder, file, [0, sizes[0], sizes[0] + sizes[1]])
}

/// The leader epoch is neither covered by the checksum nor acted on.
fn is_leader_epoch(at_in_batch: usize) -> bool {
    (12..16).contains(&at_in_batch)
}

#[test]
fn a_defect_before_whole_batches_is_refused_and_nothing_is_cut() {
    let (folder, file, [_, second, third]) = with_three_batches();
    let good = std::fs::read(&file).unwrap();
    for at in (second..third).filter(|at| !is_leader_epoch(at - second)) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&file, &bad).unwrap();
        let refused = Log::open(folder.path(), 1 << 20).unwrap_err();
        let OpenError::Damaged { path, position, .. } = &refused else { panic!("{refused}") };
        assert_eq!((path, *position), (&file, second as u64), "byte {at}");
        assert_eq!(std::fs::read(&file).unwrap(), bad, "byte {at}");
    }
}

#[test]
fn a_defect_in_the_last_batch_is_a_torn_tail() {
    let (folder, file, [.., third]) = with_three_batches();
    let good = std::fs::read(&file).unwrap();
    for at in third + 16..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&file, &bad).unwrap();
        assert_eq!(Log::open(folder.path(), 1 << 20).unwrap().end(), 5, "byte {at}");
        assert_eq!(std::fs::metadata(&file).unwrap().len(), third as u64);
    }
}

#[test]
fn half_a_last_batch_is_cut_off() {
    let (folder, file, [.., third]) = with_three_batches();
    let good = std::fs::read(&file).unwrap();
    std::fs::write(&file, &good[..(third + good.len()) / 2]).unwrap();
    assert_eq!(Log::open(folder.path(), 1 << 20).unwrap().end(), 5);
    assert_eq!(std::fs::read(&file).unwrap(), good[..third]);
}

#[test]
fn a_whole_last_batch_with_a_wrong_offset_was_not_torn() {
    let (folder, file, [.., third]) = with_three_batches();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[third] ^= 0x10;
    std::fs::write(&file, bytes).unwrap();
    let refused = Log::open(folder.path(), 1 << 20).unwrap_err().to_string();
    assert!(refused.contains(&format!("at byte {third}")), "{refused}");
}

proptest::proptest! {
    #[test]
    fn random_bytes_at_the_end_are_cut_off(
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..500),
    ) {
        let (folder, file, _) = with_three_batches();
        let good = std::fs::read(&file).unwrap();
        std::fs::write(&file, [&good[..], &noise].concat()).unwrap();
        proptest::prop_assert_eq!(Log::open(folder.path(), 1 << 20).unwrap().end(), 9);
        proptest::prop_assert_eq!(std::fs::read(&file).unwrap(), good);
    }
}
