//! The registry on disk: one line for each version, synced before its id is given out.
//!
//! A line is a checksum, a space, the version as JSON and a newline. What a crash left half
//! written at the end is cut; anything else that does not check is damage and stops the start,
//! since a forgotten line would give its id to another schema.

use std::fs::{self, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{RegistryError, Version};

/// Characters of the checksum in front of a line.
const CHECKSUM: usize = 16;

pub struct File {
    path: PathBuf,
    file: fs::File,
    /// Where the last good line ends.
    length: u64,
}

impl File {
    /// Opens or makes the file, and gives back what it holds. Keeps others out until dropped.
    pub fn open(path: &Path) -> Result<(File, Vec<Version>), RegistryError> {
        let not_kept = |source| RegistryError::NotKept { path: path.to_owned(), source };
        let mut file = open(path).map_err(not_kept)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => RegistryError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => not_kept(source),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(not_kept)?;
        let (versions, length) = read(&bytes).map_err(|(line, reason)| RegistryError::Damaged {
            path: path.to_owned(),
            line,
            reason,
        })?;
        if length < bytes.len() {
            tracing::warn!(
                path = %path.display(),
                bytes = bytes.len() - length,
                "cut what a crash left half written"
            );
            file.set_len(length as u64).and_then(|()| file.sync_data()).map_err(not_kept)?;
        }
        Ok((File { path: path.to_owned(), file, length: length as u64 }, versions))
    }

    /// Returns once the line is on disk.
    pub fn append(&mut self, version: &Version) -> Result<(), RegistryError> {
        let json = serde_json::to_string(version).expect("a version is plain JSON");
        let line = format!("{} {json}\n", checksum(json.as_bytes()));
        self.write_at_the_end(line.as_bytes())
            .map_err(|source| RegistryError::NotKept { path: self.path.clone(), source })?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Goes to the known end rather than the file's, so that what a failed write left is replaced.
    fn write_at_the_end(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(line)?;
        self.file.set_len(self.length + line.len() as u64)?;
        self.file.sync_data()
    }
}

fn open(path: &Path) -> io::Result<fs::File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let file =
        fs::File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    // Without this a power failure could take the file's name, and every id with it.
    fs::File::open(folder)?.sync_all()?;
    Ok(file)
}

/// The versions, and where the last good line ends; or the line (from 1) that is damaged, and how.
fn read(bytes: &[u8]) -> Result<(Vec<Version>, usize), (usize, String)> {
    let mut versions = Vec::new();
    let mut good = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let is_last = good + line.len() == bytes.len();
        match read_line(line) {
            Ok(version) => versions.push(version),
            Err(_) if is_last => break,
            Err(reason) => return Err((versions.len() + 1, reason)),
        }
        good += line.len();
    }
    Ok((versions, good))
}

fn read_line(line: &[u8]) -> Result<Version, String> {
    let line = line.strip_suffix(b"\n").ok_or("the line has no end")?;
    let (expected, rest) = line.split_at_checked(CHECKSUM).ok_or("the line is too short")?;
    let json = rest.strip_prefix(b" ").ok_or("the checksum is missing")?;
    if checksum(json).as_bytes() != expected {
        return Err("the checksum does not match".to_owned());
    }
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

fn checksum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(CHECKSUM / 2).map(|byte| format!("{byte:02x}")).collect()
}
