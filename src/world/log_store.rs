//! Logs on this machine's disks: plain, gzip or zstd, told by their first bytes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::roots::{Refused, Roots};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Where logs may be read, and how much of one.
#[derive(Clone, Debug)]
pub struct LogStore {
    roots: Roots,
    most_bytes: u64,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// It may still come.
    #[error("{0} does not exist")]
    Missing(String),
    /// It is not ours to read, whatever is there.
    #[error("{0}")]
    Refused(String),
    #[error("failed to read {path}: {source}")]
    Unreadable { path: String, source: io::Error },
}

impl LogStore {
    /// `most_bytes` is counted unpacked.
    pub fn new(roots: Roots, most_bytes: u64) -> Self {
        LogStore { roots, most_bytes }
    }

    /// The log's text from its beginning; reading fails where the cap is reached.
    pub fn open(&self, path: &str) -> Result<impl Read + Send + use<>, Unavailable> {
        let real = self.admit(path)?;
        let unreadable = |source| Unavailable::Unreadable { path: path.to_owned(), source };
        let file = File::open(&real).map_err(unreadable)?;
        let unpacked = unpack(file).map_err(unreadable)?;
        Ok(Capped { inner: unpacked, left: self.most_bytes, most: self.most_bytes })
    }

    fn admit(&self, path: &str) -> Result<PathBuf, Unavailable> {
        let real = self.roots.admit(path).map_err(|refused| match refused {
            Refused::Missing { path } => Unavailable::Missing(path),
            Refused::Unreachable { path, source } => Unavailable::Unreadable { path, source },
            Refused::Outside { .. } | Refused::NotAFile { .. } => {
                Unavailable::Refused(refused.to_string())
            }
        })?;
        if real.is_dir() {
            return Err(Unavailable::Refused(format!("{path} is a folder")));
        }
        Ok(real)
    }
}

fn unpack(mut file: File) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::new();
    file.by_ref().take(ZSTD.len() as u64).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let file = BufReader::new(file);
    Ok(if start.starts_with(&GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else if start == ZSTD {
        Box::new(zstd::Decoder::with_buffer(file)?)
    } else {
        Box::new(file)
    })
}

/// Ends in an error where the cap is, so that a summary says that it is not the whole log.
struct Capped<R> {
    inner: R,
    left: u64,
    most: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::other(format!("only {} bytes of a log are read", self.most))),
            };
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..room])?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(store: &LogStore, path: &std::path::Path) -> Result<String, String> {
        let mut text = String::new();
        let mut reader = store.open(&path.display().to_string()).map_err(|e| e.to_string())?;
        reader.read_to_string(&mut text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    #[test]
    fn plain_gzip_and_zstd_read_alike_whatever_they_are_called() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LogStore::new(Roots::new(vec![folder.path().into()]), 1_000);
        let text = "one\ntwo\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        // Rotated logs are joined as they are.
        let twice = gzip.finish().unwrap().repeat(2);
        for (name, bytes, want) in [
            ("a.log", text.as_bytes().to_vec(), text.to_owned()),
            ("b.log", twice, text.repeat(2)),
            ("c.txt", zstd::encode_all(text.as_bytes(), 1).unwrap(), text.to_owned()),
            ("empty", Vec::new(), String::new()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&store, &path), Ok(want), "{name}");
        }
    }

    #[test]
    fn a_bomb_ends_at_the_cap() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bomb.gz");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![b'0'; 10_000_000]).unwrap();
        std::fs::write(&path, gzip.finish().unwrap()).unwrap();
        let store = LogStore::new(Roots::new(vec![folder.path().into()]), 1_000);
        assert_eq!(read(&store, &path), Err("only 1000 bytes of a log are read".to_owned()));
    }

    #[test]
    fn what_is_absent_outside_or_a_folder_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LogStore::new(Roots::new(vec![folder.path().into()]), 1_000);
        let open = |path: &std::path::Path| store.open(&path.display().to_string()).err();
        assert!(matches!(open(&folder.path().join("no")), Some(Unavailable::Missing(_))));
        assert!(matches!(open(folder.path()), Some(Unavailable::Refused(_))));
        assert!(matches!(open("/etc/passwd".as_ref()), Some(Unavailable::Refused(_))));
    }
}
