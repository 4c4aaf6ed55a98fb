//! The log of one partition: an append-only row of Kafka's own batches, cut into segments.
//!
//! It knows offsets, producers' sequences and where transactions are open. It does not know topics,
//! who may write, or how a transaction is decided.

pub(crate) mod append_file;
pub(crate) mod batch;
mod producers;
mod segment;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::ResponseError;

use crate::state::transaction::Outcome;
use batch::Header;
use producers::Producers;
pub(crate) use producers::{Aborted, Verdict};
use segment::{Place, Rest, Segment};

/// A partition's batches and what follows from them.
#[derive(Debug)]
pub(crate) struct Log {
    /// Never empty; the last one is written to.
    segments: Vec<Segment>,
    /// Where segment files go; none for a log in memory.
    folder: Option<PathBuf>,
    segment_bytes: u64,
    end: i64,
    producers: Producers,
}

/// Batches read for a consumer, and the offset of the last record among them.
pub(crate) struct Stretch {
    pub(crate) batches: Bytes,
    pub(crate) last_offset: i64,
}

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{path} is damaged at byte {position}, and not by an unfinished write: {flaw}")]
    Damaged { path: PathBuf, position: u64, flaw: segment::Flaw },
}

impl Log {
    pub(crate) fn in_memory(segment_bytes: u64) -> Log {
        Log {
            segments: vec![Segment::in_memory()],
            folder: None,
            segment_bytes,
            end: 0,
            producers: Producers::default(),
        }
    }

    /// Opens the log in `folder`, which is made where it is missing.
    ///
    /// The last segment may end in a batch that a dying process did not finish: it is cut off. A
    /// defect with whole batches behind it is no such end, and nothing is cut.
    pub(crate) fn open(folder: &Path, segment_bytes: u64) -> Result<Log, OpenError> {
        std::fs::create_dir_all(folder)?;
        let mut log = Log { folder: Some(folder.to_owned()), ..Log::in_memory(segment_bytes) };
        log.segments.clear();
        let files = segment::files_in(folder)?;
        for (i, path) in files.iter().enumerate() {
            let is_last = i + 1 == files.len();
            if i == 0 {
                log.end = segment::first_offset_of(path).unwrap_or(0);
            }
            let opened = Segment::open(path, log.end)?;
            let mut segment = opened.segment;
            if let Some(Rest { position, bytes, flaw, is_torn }) = opened.rest {
                if !is_last || !is_torn {
                    return Err(OpenError::Damaged { path: path.clone(), position, flaw });
                }
                tracing::warn!(path = %path.display(), bytes, %flaw, "cut a torn tail off");
                segment.cut_torn_tail()?;
            }
            for (header, outcome) in opened.batches {
                log.note(&header, outcome);
            }
            log.segments.push(segment);
        }
        if log.segments.is_empty() {
            log.segments.push(Segment::create(folder, 0)?);
        }
        Ok(log)
    }

    /// The offset after the last record.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// The offset of the first record that is kept.
    pub(crate) fn start(&self) -> i64 {
        self.segments[0].places().first().map_or(self.end, |p| p.base_offset)
    }

    /// The offset up to which every transaction is decided.
    pub(crate) fn last_stable(&self) -> i64 {
        self.producers.first_open_offset().unwrap_or(self.end)
    }

    /// Judges a batch of an idempotent producer before it is appended.
    pub(crate) fn judge(&self, batch: &Header) -> Result<Verdict, ResponseError> {
        self.producers.judge(batch)
    }

    /// Producers with an open transaction here, and their epochs.
    pub(crate) fn open_transactions(&self) -> Vec<(i64, i16)> {
        self.producers.with_open_transaction()
    }

    /// Appends a producer's batch and returns the offset of its first record.
    pub(crate) fn append(&mut self, header: Header, bytes: &[u8]) -> io::Result<i64> {
        self.write(header, bytes.to_vec(), None)
    }

    /// Ends a producer's transaction here.
    pub(crate) fn append_marker(
        &mut self,
        producer: (i64, i16),
        outcome: Outcome,
        timestamp: i64,
    ) -> io::Result<()> {
        let bytes = batch::marker(producer.0, producer.1, outcome, timestamp);
        let header = Header::read(&bytes).expect("a marker that we made is a batch");
        self.write(header, bytes, Some(outcome)).map(|_| ())
    }

    fn write(
        &mut self,
        mut header: Header,
        mut bytes: Vec<u8>,
        marker: Option<Outcome>,
    ) -> io::Result<i64> {
        header.base_offset = self.end;
        batch::settle_at(&mut bytes, self.end);
        self.roll_if_full(bytes.len() as u64)?;
        let active = self.segments.last_mut().expect("a log has a segment");
        active.append(&header, &bytes)?;
        self.note(&header, marker);
        Ok(header.base_offset)
    }

    fn note(&mut self, header: &Header, marker: Option<Outcome>) {
        match marker {
            Some(outcome) => self.producers.note_marker(header, outcome),
            None => self.producers.note_batch(header),
        }
        self.end = header.base_offset + i64::from(header.last_offset_delta) + 1;
    }

    /// A full segment is on the disk before the next one begins, so only the last can be torn.
    fn roll_if_full(&mut self, more: u64) -> io::Result<()> {
        let active = self.segments.last_mut().expect("a log has a segment");
        if active.len() == 0 || active.len() + more <= self.segment_bytes {
            return Ok(());
        }
        active.sync()?;
        let next = match &self.folder {
            None => Segment::in_memory(),
            Some(folder) => Segment::create(folder, self.end)?,
        };
        self.segments.push(next);
        Ok(())
    }

    /// Reads whole batches from the one that holds `from`, below the offset `below` and within
    /// `most` bytes; `at_least_one` batch is returned however large it is.
    ///
    /// It stops at the end of a segment: the reader comes again for more.
    pub(crate) fn read(
        &self,
        from: i64,
        below: i64,
        most: usize,
        at_least_one: bool,
    ) -> io::Result<Stretch> {
        let nothing = Stretch { batches: Bytes::new(), last_offset: from - 1 };
        let at = self.segments.partition_point(|s| s.last_offset().is_some_and(|o| o < from));
        let Some(segment) = self.segments.get(at) else { return Ok(nothing) };
        let places = segment.places();
        let first = places.partition_point(|p| p.last_offset < from);
        let mut size = 0;
        let fits = |place: &&Place| {
            size += place.size();
            place.base_offset < below && (size <= most || (at_least_one && size == place.size()))
        };
        let n = places[first..].iter().take_while(fits).count();
        let chosen = &places[first..first + n];
        let Some(last) = chosen.last() else { return Ok(nothing) };
        Ok(Stretch { batches: segment.read(chosen)?, last_offset: last.last_offset })
    }

    /// Aborted transactions that have records from `from` to `to`, both inclusive.
    pub(crate) fn aborted_between(&self, from: i64, to: i64) -> Vec<Aborted> {
        self.producers.aborted_between(from, to)
    }

    /// Timestamp and offset of the first record at or after `timestamp`, if there is one.
    pub(crate) fn offset_for(&self, timestamp: i64) -> io::Result<Option<(i64, i64)>> {
        for segment in &self.segments {
            let Some(place) = segment.places().iter().find(|p| p.max_timestamp >= timestamp) else {
                continue;
            };
            let bytes = segment.read(std::slice::from_ref(place))?;
            let header = Header::read(&bytes).map_err(io::Error::other)?;
            return Ok(Some(batch::first_at_or_after(&header, &bytes, timestamp)));
        }
        Ok(None)
    }

    /// The file that may not be on the disk yet; earlier ones are.
    pub(crate) fn take_unflushed(&mut self) -> Option<Arc<File>> {
        self.segments.last_mut().expect("a log has a segment").take_unflushed()
    }
}
