//! Reading and making Kafka's v2 record batches, because the log stores exactly what producers sent.
//!
//! Nothing here decompresses: a compressed batch is passed through untouched.

use bytes::{BufMut, Bytes, BytesMut};

use crate::state::transaction::Outcome;

/// Bytes of a batch before its first record.
pub(crate) const HEADER_BYTES: usize = 61;
/// Bytes before the length field counts.
const LENGTH_PREFIX: usize = 12;
/// Where the part begins that the CRC covers.
const CRC_COVERS_FROM: usize = 21;

const COMPRESSION_BITS: i16 = 0x07;
const TRANSACTIONAL_BIT: i16 = 0x10;
const CONTROL_BIT: i16 = 0x20;

/// What is wrong with bytes that should be a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Defect {
    #[error("the batch is cut short")]
    Truncated,
    #[error("message format {0} is not version 2")]
    Magic(i8),
    #[error("the checksum does not match")]
    Crc,
    #[error("the record count contradicts the offsets")]
    Count,
}

/// The fields of a batch header that a broker acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) base_offset: i64,
    /// Bytes of the whole batch, header included.
    pub(crate) size: usize,
    pub(crate) attributes: i16,
    /// Offset of the last record, counted from the first.
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    /// -1 where the producer is not idempotent.
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
}

impl Header {
    /// Reads and verifies the batch at the start of `bytes`; more may follow it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Header, Defect> {
        if bytes.len() < HEADER_BYTES {
            return Err(Defect::Truncated);
        }
        let magic = bytes[16] as i8;
        if magic != 2 {
            return Err(Defect::Magic(magic));
        }
        let length = usize::try_from(i32_at(bytes, 8)).map_err(|_| Defect::Truncated)?;
        let size = length + LENGTH_PREFIX;
        if size < HEADER_BYTES || size > bytes.len() {
            return Err(Defect::Truncated);
        }
        if crc32c::crc32c(&bytes[CRC_COVERS_FROM..size]) != i32_at(bytes, 17) as u32 {
            return Err(Defect::Crc);
        }
        let header = Header {
            base_offset: i64_at(bytes, 0),
            size,
            attributes: i16_at(bytes, 21),
            last_offset_delta: i32_at(bytes, 23),
            base_timestamp: i64_at(bytes, 27),
            max_timestamp: i64_at(bytes, 35),
            producer_id: i64_at(bytes, 43),
            producer_epoch: i16_at(bytes, 51),
            base_sequence: i32_at(bytes, 53),
        };
        let n_records = i32_at(bytes, 57);
        if n_records < 1 || header.last_offset_delta != n_records - 1 {
            return Err(Defect::Count);
        }
        Ok(header)
    }

    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    pub(crate) fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    fn is_compressed(&self) -> bool {
        self.attributes & COMPRESSION_BITS != 0
    }

    /// The sequence number of the last record; sequences wrap from `i32::MAX` to 0.
    pub(crate) fn last_sequence(&self) -> i32 {
        let last = i64::from(self.base_sequence) + i64::from(self.last_offset_delta);
        (last % (i64::from(i32::MAX) + 1)) as i32
    }
}

/// Cuts what a producer sent for one partition into verified batches.
pub(crate) fn split(mut records: Bytes) -> Result<Vec<(Header, Bytes)>, Defect> {
    let mut batches = Vec::new();
    while !records.is_empty() {
        let header = Header::read(&records)?;
        batches.push((header, records.split_to(header.size)));
    }
    Ok(batches)
}

/// Whether a whole batch begins behind the first of `bytes` whose offset comes after `offset`.
///
/// The offset is compared first: it rules out almost every place before a checksum is taken.
pub(crate) fn is_followed_by_a_batch(bytes: &[u8], offset: i64) -> bool {
    let later = offset.saturating_add(1)..=offset.saturating_add(i64::from(i32::MAX));
    let mut places = bytes.windows(HEADER_BYTES).enumerate().skip(1);
    places.any(|(at, header)| {
        later.contains(&i64_at(header, 0)) && Header::read(&bytes[at..]).is_ok()
    })
}

/// Writes the offset the log gave to a batch, and our only leader epoch; the CRC covers neither.
pub(crate) fn settle_at(batch: &mut [u8], base_offset: i64) {
    batch[0..8].copy_from_slice(&base_offset.to_be_bytes());
    batch[12..16].copy_from_slice(&0i32.to_be_bytes());
}

/// The control batch that ends a producer's transaction in one partition.
pub(crate) fn marker(
    producer_id: i64,
    producer_epoch: i16,
    outcome: Outcome,
    timestamp: i64,
) -> Vec<u8> {
    let mut record = BytesMut::new();
    record.put_slice(&[0, 0, 0]); // attributes, timestamp delta, offset delta
    record.put_u8(8); // key of four bytes, as a zigzag number
    record.put_i16(0); // key version
    record.put_i16(i16::from(outcome == Outcome::Commit));
    record.put_u8(12); // value of six bytes
    record.put_i16(0); // value version
    record.put_i32(0); // coordinator epoch
    record.put_u8(0); // no headers

    let mut covered = BytesMut::new();
    covered.put_i16(TRANSACTIONAL_BIT | CONTROL_BIT);
    covered.put_i32(0); // last offset delta
    covered.put_i64(timestamp);
    covered.put_i64(timestamp);
    covered.put_i64(producer_id);
    covered.put_i16(producer_epoch);
    covered.put_i32(-1); // base sequence
    covered.put_i32(1); // record count
    covered.put_u8((record.len() as u8) << 1);
    covered.put_slice(&record);

    let mut batch = Vec::new();
    batch.put_i64(0);
    batch.put_i32((CRC_COVERS_FROM - LENGTH_PREFIX + covered.len()) as i32);
    batch.put_i32(0);
    batch.put_i8(2);
    batch.put_u32(crc32c::crc32c(&covered));
    batch.put_slice(&covered);
    batch
}

/// What a control batch says, where it is an end-of-transaction marker.
pub(crate) fn marker_outcome(batch: &[u8]) -> Option<Outcome> {
    let mut records = Records { rest: batch.get(HEADER_BYTES..)? };
    match records.next()?.key? {
        [_, _, 0, 0] => Some(Outcome::Abort),
        [_, _, 0, 1] => Some(Outcome::Commit),
        _ => None,
    }
}

/// Timestamp and offset of the first record at or after `timestamp`.
///
/// In a compressed batch single records cannot be seen, so its first offset stands for them: a
/// reader that starts there reads some earlier records of the batch too, never fewer.
pub(crate) fn first_at_or_after(header: &Header, batch: &[u8], timestamp: i64) -> (i64, i64) {
    let first = (header.base_timestamp, header.base_offset);
    if header.is_compressed() {
        return first;
    }
    Records { rest: batch.get(HEADER_BYTES..).unwrap_or_default() }
        .map(|r| (header.base_timestamp + r.timestamp_delta, header.base_offset + r.offset_delta))
        .find(|(at, _)| *at >= timestamp)
        .unwrap_or(first)
}

struct Record<'a> {
    timestamp_delta: i64,
    offset_delta: i64,
    key: Option<&'a [u8]>,
}

/// Walks uncompressed records and ends at the first that makes no sense.
struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let size = usize::try_from(zigzag(&mut self.rest)?).ok()?;
        let mut record = self.rest.get(..size)?;
        self.rest = &self.rest[size..];
        record = record.get(1..)?;
        let timestamp_delta = zigzag(&mut record)?;
        let offset_delta = zigzag(&mut record)?;
        let key_size = usize::try_from(zigzag(&mut record)?).ok();
        let key = match key_size {
            Some(n) => Some(record.get(..n)?),
            None => None,
        };
        Some(Record { timestamp_delta, offset_delta, key })
    }
}

fn zigzag(bytes: &mut &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    i16::from_be_bytes(array_at(bytes, at))
}

fn i32_at(bytes: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(array_at(bytes, at))
}

fn i64_at(bytes: &[u8], at: usize) -> i64 {
    i64::from_be_bytes(array_at(bytes, at))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has N bytes")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An uncompressed batch of one-byte values, one millisecond apart.
    pub(crate) fn data_batch(producer: (i64, i16, i32), transactional: bool, n: i32) -> Bytes {
        let mut covered = BytesMut::new();
        covered.put_i16(if transactional { TRANSACTIONAL_BIT } else { 0 });
        covered.put_i32(n - 1);
        covered.put_i64(1_000);
        covered.put_i64(1_000 + i64::from(n) - 1);
        covered.put_i64(producer.0);
        covered.put_i16(producer.1);
        covered.put_i32(producer.2);
        covered.put_i32(n);
        for i in 0..n as u8 {
            // Size 7: attributes, time delta, offset delta, no key, one value byte, no headers.
            covered.put_slice(&[14, 0, i << 1, i << 1, 1, 2, b'a' + i, 0]);
        }
        let mut batch = BytesMut::new();
        batch.put_i64(0);
        batch.put_i32((9 + covered.len()) as i32);
        batch.put_i32(-1);
        batch.put_i8(2);
        batch.put_u32(crc32c::crc32c(&covered));
        batch.put_slice(&covered);
        batch.freeze()
    }

    #[test]
    fn a_marker_reads_back() {
        for outcome in [Outcome::Commit, Outcome::Abort] {
            let bytes = marker(7, 3, outcome, 42);
            let header = Header::read(&bytes).unwrap();
            assert!(header.is_control() && header.is_transactional());
            assert_eq!((header.producer_id, header.producer_epoch), (7, 3));
            assert_eq!(marker_outcome(&bytes), Some(outcome));
        }
    }

    #[test]
    fn a_flipped_bit_is_seen() {
        let good = data_batch((-1, -1, -1), false, 3);
        for at in 16..good.len() {
            let mut bad = good.to_vec();
            bad[at] ^= 1;
            assert!(Header::read(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn every_cut_is_seen() {
        let good = data_batch((-1, -1, -1), false, 3);
        for end in 0..good.len() {
            assert_eq!(Header::read(&good[..end]), Err(Defect::Truncated), "cut at {end}");
        }
    }

    #[test]
    fn a_record_is_found_by_time() {
        let batch = data_batch((-1, -1, -1), false, 5);
        let header = Header::read(&batch).unwrap();
        assert_eq!(first_at_or_after(&header, &batch, 1_003), (1_003, 3));
        assert_eq!(first_at_or_after(&header, &batch, 5), (1_000, 0));
    }

    #[test]
    fn sequences_wrap() {
        let batch = data_batch((1, 0, i32::MAX - 1), false, 4);
        assert_eq!(Header::read(&batch).unwrap().last_sequence(), 1);
    }
}
