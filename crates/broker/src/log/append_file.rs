//! A file that only grows, and that a failed write leaves as it was.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Appends whole blocks and reads them back by position.
///
/// An append that returned is in the page cache: it survives the death of the process, and of the
/// machine once [`AppendFile::sync`] has returned.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: Arc<File>,
    len: u64,
    synced: u64,
    /// A failed write could not be taken back, so nothing may follow it.
    broken: bool,
}

impl AppendFile {
    /// Opens the file, creating it where it is missing; what it holds is kept.
    pub(crate) fn open(path: &Path) -> io::Result<AppendFile> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let len = file.metadata()?.len();
        Ok(AppendFile { file: Arc::new(file), len, synced: 0, broken: false })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Writes `block` at the end, or nothing at all.
    pub(crate) fn append(&mut self, block: &[u8]) -> io::Result<u64> {
        if self.broken {
            return Err(io::Error::other("an earlier failed write could not be taken back"));
        }
        let at = self.len;
        if let Err(error) = (&*self.file).write_all(block) {
            self.broken = self.file.set_len(at).is_err();
            return Err(error);
        }
        self.len += block.len() as u64;
        Ok(at)
    }

    pub(crate) fn read_at(&self, position: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, position)?;
        Ok(bytes)
    }

    /// Forgets everything from `len` on.
    pub(crate) fn cut(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.len = len;
        self.synced = self.synced.min(len);
        Ok(())
    }

    /// The file, where something was appended that may not be on the disk; whoever takes it
    /// flushes it.
    pub(crate) fn take_unflushed(&mut self) -> Option<Arc<File>> {
        let is_behind = self.synced < self.len;
        self.synced = self.len;
        is_behind.then(|| self.file.clone())
    }

    /// Waits until everything appended is on the disk, also what somebody else is flushing now.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.synced = self.len;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_failed_write_that_cannot_be_taken_back() {
        let mut full = AppendFile::open(Path::new("/dev/full")).unwrap();
        let first = full.append(b"block").unwrap_err();
        assert_eq!(first.kind(), io::ErrorKind::StorageFull);
        assert_eq!(full.len(), 0);
        let second = full.append(b"").unwrap_err();
        assert!(second.to_string().contains("earlier failed write"), "{second}");
    }

    #[test]
    fn only_what_was_appended_since_is_unflushed() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AppendFile::open(&folder.path().join("f")).unwrap();
        assert!(file.take_unflushed().is_none());
        assert_eq!((file.append(b"one").unwrap(), file.append(b"two").unwrap()), (0, 3));
        assert!(file.take_unflushed().is_some());
        assert!(file.take_unflushed().is_none());
        assert_eq!(file.read_at(3, 3).unwrap(), b"two");
        file.cut(3).unwrap();
        assert_eq!(file.append(b"2").unwrap(), 3);
        assert!(file.take_unflushed().is_some(), "a shorter file can be unflushed too");
    }
}
