//! One stretch of a partition's log: the batches, and an index of where each begins.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::append_file::AppendFile;
use super::batch::{Defect, Header, marker_outcome};
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
    /// Bytes behind the last whole batch and what is wrong with them; they are still in the file.
    pub(crate) torn: Option<(u64, Defect)>,
}

impl Segment {
    pub(crate) fn in_memory() -> Segment {
        Segment { places: Vec::new(), medium: Medium::Memory(Vec::new()) }
    }

    pub(crate) fn create(folder: &Path, base_offset: i64) -> io::Result<Segment> {
        let file = AppendFile::open(&file_of(folder, base_offset))?;
        Ok(Segment { places: Vec::new(), medium: Medium::File(file) })
    }

    /// Reads a segment file and verifies every batch in it.
    pub(crate) fn open(path: &Path) -> io::Result<Opened> {
        let file = AppendFile::open(path)?;
        let mut rest = Bytes::from(file.read_at(0, file.len() as usize)?);
        let mut segment = Segment { places: Vec::new(), medium: Medium::File(file) };
        let mut batches = Vec::new();
        let mut position = 0;
        let mut torn = None;
        while !rest.is_empty() {
            match Header::read(&rest) {
                Ok(header) => {
                    segment.places.push(place(&header, position));
                    let batch = rest.split_to(header.size);
                    let outcome = header.is_control().then(|| marker_outcome(&batch)).flatten();
                    batches.push((header, outcome));
                    position += header.size as u64;
                }
                Err(defect) => {
                    torn = Some((rest.len() as u64, defect));
                    break;
                }
            }
        }
        Ok(Opened { segment, batches, torn })
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
