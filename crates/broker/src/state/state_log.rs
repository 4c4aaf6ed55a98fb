//! The state's entries on disk: `size, crc, entry` one after the other in a single file.
//!
//! A change is true once its entry is in the file. The file is written anew, as short as it can
//! be, at every start and whenever it has grown a lot; the new one takes the old one's place in
//! one rename.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use bytes::{Buf, BufMut};

use super::State;
use super::codec::{self, DecodeError};
use super::entry::Entry;
use crate::log::append_file::AppendFile;

/// The first bytes of the file; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"adpbrk1\n";
const FILE: &str = "state.log";
const FILE_BEING_WRITTEN: &str = "state.log.new";
/// The file is rewritten when it has grown by this much, and to several times its shortest form.
const GROWTH_BEFORE_REWRITE: u64 = 16 << 20;
const ENTRY_PREFIX: usize = 8;

/// Why the state could not be read back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0} was not written by this version of the broker")]
    Foreign(PathBuf),
    #[error("{path} has an entry that cannot be read")]
    Entry { path: PathBuf, source: DecodeError },
    #[error("{path} is damaged at byte {position}, and whole entries follow")]
    Damaged { path: PathBuf, position: usize },
}

#[derive(Debug)]
pub(crate) struct StateLog {
    folder: PathBuf,
    file: AppendFile,
    rewrite_at: u64,
}

impl StateLog {
    /// Reads the state kept in `folder`, or begins an empty one.
    pub(crate) fn open(folder: &Path, now: Instant) -> Result<(StateLog, State), OpenError> {
        let path = folder.join(FILE);
        let state = match std::fs::read(&path) {
            Ok(bytes) => read_back(&path, &bytes, now)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error.into()),
        };
        let (file, rewrite_at) = write_anew(folder, &state)?;
        Ok((StateLog { folder: folder.to_owned(), file, rewrite_at }, state))
    }

    /// Writes one entry; when it returns, the entry survives the process.
    pub(crate) fn append(&mut self, entry: &Entry) -> io::Result<()> {
        self.file.append(&framed(entry)).map(|_| ())
    }

    /// Replaces a long file by a short one that says the same.
    pub(crate) fn rewrite_if_long(&mut self, state: &State) -> io::Result<()> {
        if self.file.len() >= self.rewrite_at {
            (self.file, self.rewrite_at) = write_anew(&self.folder, state)?;
        }
        Ok(())
    }

    pub(crate) fn take_unflushed(&mut self) -> Option<Arc<File>> {
        self.file.take_unflushed()
    }
}

fn write_anew(folder: &Path, state: &State) -> io::Result<(AppendFile, u64)> {
    let being_written = folder.join(FILE_BEING_WRITTEN);
    match std::fs::remove_file(&being_written) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut block = MAGIC.to_vec();
    for entry in state.entries() {
        block.extend(framed(&entry));
    }
    let mut file = AppendFile::open(&being_written)?;
    file.append(&block)?;
    file.sync()?;
    std::fs::rename(&being_written, folder.join(FILE))?;
    File::open(folder)?.sync_all()?;
    let rewrite_at = 4 * file.len() + GROWTH_BEFORE_REWRITE;
    Ok((file, rewrite_at))
}

fn framed(entry: &Entry) -> Vec<u8> {
    let entry = codec::encode(entry);
    let mut block = Vec::with_capacity(ENTRY_PREFIX + entry.len());
    block.put_u32(entry.len() as u32);
    block.put_u32(crc32c::crc32c(&entry));
    block.put_slice(&entry);
    block
}

/// Reads entries up to the first that is not whole. With nothing whole behind it, a dying process
/// did not finish it, so nobody was told of it; otherwise the file is damaged.
fn read_back(path: &Path, bytes: &[u8], now: Instant) -> Result<State, OpenError> {
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        return Err(OpenError::Foreign(path.to_owned()));
    };
    let mut state = State::default();
    while let Some(entry) = next_whole(&mut rest) {
        let entry = codec::decode(entry, now)
            .map_err(|source| OpenError::Entry { path: path.to_owned(), source })?;
        state.apply(entry);
    }
    if is_followed_by_an_entry(rest, now) {
        let position = bytes.len() - rest.len();
        return Err(OpenError::Damaged { path: path.to_owned(), position });
    }
    if !rest.is_empty() {
        tracing::warn!(path = %path.display(), bytes = rest.len(), "cut a torn tail off");
    }
    Ok(state)
}

/// Whether a whole entry begins behind the first of `bytes`.
fn is_followed_by_an_entry(bytes: &[u8], now: Instant) -> bool {
    (1..bytes.len()).any(|at| {
        let mut rest = &bytes[at..];
        // Most places do not decode, which is found sooner than that the checksum is wrong.
        rest.get(ENTRY_PREFIX..).is_some_and(|entry| codec::decode(entry, now).is_ok())
            && next_whole(&mut rest).is_some_and(|entry| codec::decode(entry, now).is_ok())
    })
}

fn next_whole<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut prefix, body) = rest.split_at_checked(ENTRY_PREFIX)?;
    let size = prefix.get_u32() as usize;
    let crc = prefix.get_u32();
    let (entry, after) = body.split_at_checked(size)?;
    if crc32c::crc32c(entry) != crc {
        return None;
    }
    *rest = after;
    Some(entry)
}
