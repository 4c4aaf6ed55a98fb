//! The data folder: where things lie in it, and the lock that keeps a second broker out.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A data folder that this process alone may change.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// The lock ends with the file, also when the process is killed.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("another broker has it open")]
    Taken,
}

impl Folder {
    pub(crate) fn lock(root: &Path) -> Result<Folder, LockError> {
        std::fs::create_dir_all(root.join("topics"))?;
        let lock =
            File::options().write(true).create(true).truncate(false).open(root.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn topic(&self, name: &str) -> PathBuf {
        self.root.join("topics").join(name)
    }

    pub(crate) fn partition(&self, topic: &str, number: i32) -> PathBuf {
        self.topic(topic).join(number.to_string())
    }

    /// Removes what is left of topics that are gone.
    pub(crate) fn keep_only(&self, is_topic: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in std::fs::read_dir(self.root.join("topics"))? {
            let entry = entry?;
            if !is_topic(&entry.file_name().to_string_lossy()) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}
