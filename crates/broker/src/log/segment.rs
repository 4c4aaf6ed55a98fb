//! One stretch of a partition's log: the batches, and an index of where each begins.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::append_file::AppendFile;
use super::batch::{self, Defect, Header, marker_outcome};
use crate::state::transaction::Outcome;

/// Where one batch lies and what it covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) base_offset: i64,
    pub(crate) last_offset: i64,
    pub(crate) max_timestamp: i64,
    position: u64,
    size: usize,
}

impl Place {
    pub(crate) fn size(&self) -> usize {
        self.size
    }
}

#[derive(Debug)]
enum Medium {
    Memory(Vec<u8>),
    File(AppendFile),
}

/// Consecutive batches of one partition.
#[derive(Debug)]
pub(crate) struct Segment {
    places: Vec<Place>,
    medium: Medium,
}

/// What reading a segment back from disk found.
pub(crate) struct Opened {
    pub(crate) segment: Segment,
    /// Its batches in order, with what a control batch says.
    pub(crate) batches: Vec<(Header, Option<Outcome>)>,
    /// What follows the last good batch; it is still in the file.
    pub(crate) rest: Option<Rest>,
}

/// What is wrong with a place in a segment file.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Flaw {
    #[error(transparent)]
    Batch(#[from] Defect),
    #[error("a whole batch has offset {found}, where {expected} should follow")]
    Offset { found: i64, expected: i64 },
}

/// Bytes of a segment file that are not the batch that should be there.
pub(crate) struct Rest {
    /// Where they begin in the file.
    pub(crate) position: u64,
    pub(crate) bytes: u64,
    pub(crate) flaw: Flaw,
    /// They can be a write that a dying process did not finish: no whole batch is among them.
    pub(crate) is_torn: bool,
}

impl Segment {
    pub(crate) fn in_memory() -> Segment {
        Segment { places: Vec::new(), medium: Medium::Memory(Vec::new()) }
    }

    pub(crate) fn create(folder: &Path, base_offset: i64) -> io::Result<Segment> {
        let file = AppendFile::open(&file_of(folder, base_offset))?;
        Ok(Segment { places: Vec::new(), medium: Medium::File(file) })
    }

    /// Reads a segment file whose first offset is `next`, and verifies every batch in it.
    pub(crate) fn open(path: &Path, mut next: i64) -> io::Result<Opened> {
        let file = AppendFile::open(path)?;
        let mut bytes = Bytes::from(file.read_at(0, file.len() as usize)?);
        let mut segment = Segment { places: Vec::new(), medium: Medium::File(file) };
        let mut batches = Vec::new();
        let mut position = 0;
        let mut rest = None;
        while !bytes.is_empty() {
            match read_at_offset(&bytes, next) {
                Ok(header) => {
                    let place = place(&header, position);
                    next = place.last_offset + 1;
                    segment.places.push(place);
                    let batch = bytes.split_to(header.size);
                    let outcome = header.is_control().then(|| marker_outcome(&batch)).flatten();
                    batches.push((header, outcome));
                    position += header.size as u64;
                }
                Err(flaw) => {
                    let is_torn = matches!(flaw, Flaw::Batch(_))
                        && !batch::is_followed_by_a_batch(&bytes, next);
                    rest = Some(Rest { position, bytes: bytes.len() as u64, flaw, is_torn });
                    break;
                }
            }
        }
        Ok(Opened { segment, batches, rest })
    }

    /// Forgets what follows the last whole batch.
    pub(crate) fn cut_torn_tail(&mut self) -> io::Result<()> {
        let end = self.places.last().map_or(0, |p| p.position + p.size as u64);
        match &mut self.medium {
            Medium::Memory(_) => Ok(()),
            Medium::File(file) => file.cut(end),
        }
    }

    /// Appends a batch whose offset is settled; `header` describes it.
    pub(crate) fn append(&mut self, header: &Header, batch: &[u8]) -> io::Result<()> {
        let position = match &mut self.medium {
            Medium::Memory(bytes) => {
                bytes.extend_from_slice(batch);
                (bytes.len() - batch.len()) as u64
            }
            Medium::File(file) => file.append(batch)?,
        };
        self.places.push(place(header, position));
        Ok(())
    }

    /// Reads neighbouring batches in one go.
    pub(crate) fn read(&self, places: &[Place]) -> io::Result<Bytes> {
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Ok(Bytes::new());
        };
        let end = last.position + last.size as u64;
        match &self.medium {
            Medium::Memory(bytes) => {
                Ok(Bytes::copy_from_slice(&bytes[first.position as usize..end as usize]))
            }
            Medium::File(file) => {
                file.read_at(first.position, (end - first.position) as usize).map(Bytes::from)
            }
        }
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    pub(crate) fn last_offset(&self) -> Option<i64> {
        self.places.last().map(|p| p.last_offset)
    }

    pub(crate) fn len(&self) -> u64 {
        match &self.medium {
            Medium::Memory(bytes) => bytes.len() as u64,
            Medium::File(file) => file.len(),
        }
    }

    pub(crate) fn take_unflushed(&mut self) -> Option<Arc<File>> {
        match &mut self.medium {
            Medium::Memory(_) => None,
            Medium::File(file) => file.take_unflushed(),
        }
    }

    pub(crate) fn sync(&mut self) -> io::Result<()> {
        match &mut self.medium {
            Medium::Memory(_) => Ok(()),
            Medium::File(file) => file.sync(),
        }
    }
}

/// The segment files of a partition folder, oldest first.
pub(crate) fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "log") {
            files.push(path);
        }
    }
    // The names are offsets of a fixed width, so their order is the order of the log.
    files.sort();
    Ok(files)
}

/// The offset that a segment file is named after.
pub(crate) fn first_offset_of(path: &Path) -> Option<i64> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// Reads the batch at the start of `bytes`; the CRC does not cover its offset, so that is compared.
fn read_at_offset(bytes: &[u8], expected: i64) -> Result<Header, Flaw> {
    let header = Header::read(bytes)?;
    match header.base_offset {
        found if found != expected => Err(Flaw::Offset { found, expected }),
        _ => Ok(header),
    }
}

fn file_of(folder: &Path, base_offset: i64) -> PathBuf {
    folder.join(format!("{base_offset:020}.log"))
}

fn place(header: &Header, position: u64) -> Place {
    Place {
        base_offset: header.base_offset,
        last_offset: header.base_offset + i64::from(header.last_offset_delta),
        max_timestamp: header.max_timestamp,
        position,
        size: header.size,
    }
}
