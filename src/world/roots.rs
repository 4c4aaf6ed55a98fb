//! Paths come from events, and events can be forged: only what lies below a configured folder is
//! opened, whatever links and dots a path is made of.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The folders below which files may be read.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    folders: Vec<PathBuf>,
}

/// Why a path is not opened.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{path} is not below a configured folder")]
    Outside { path: String },
    #[error("{path} is neither a file nor a folder")]
    NotAFile { path: String },
    #[error("{path} does not exist")]
    Missing { path: String },
    #[error("failed to look at {path}")]
    Unreachable { path: String, source: io::Error },
}

impl Roots {
    /// Folders that do not exist (yet) are kept; they admit nothing until they do.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders }
    }

    /// The path with all links resolved, if that is a file or folder below one of the roots.
    ///
    /// Accepts a plain absolute path or a `file:` address. Whether an outside path exists is not
    /// told: both are `Outside`.
    pub fn admit(&self, path: &str) -> Result<PathBuf, Refused> {
        let asked = local(path).ok_or_else(|| Refused::Outside { path: path.to_owned() })?;
        let folders: Vec<PathBuf> =
            self.folders.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect();
        let real = match fs::canonicalize(asked) {
            Ok(real) => real,
            Err(error) => return Err(self.missing(asked, &folders, error)),
        };
        if !folders.iter().any(|folder| real.starts_with(folder)) {
            return Err(Refused::Outside { path: path.to_owned() });
        }
        let kind = fs::metadata(&real)
            .map_err(|source| Refused::Unreachable { path: path.to_owned(), source })?
            .file_type();
        if kind.is_file() || kind.is_dir() {
            Ok(real)
        } else {
            Err(Refused::NotAFile { path: path.to_owned() })
        }
    }

    fn missing(&self, asked: &Path, folders: &[PathBuf], error: io::Error) -> Refused {
        let path = asked.display().to_string();
        let climbs = asked.components().any(|part| part == Component::ParentDir);
        let below = self.folders.iter().chain(folders).any(|folder| asked.starts_with(folder));
        match error.kind() {
            _ if climbs || !below => Refused::Outside { path },
            io::ErrorKind::NotFound => Refused::Missing { path },
            _ => Refused::Unreachable { path, source: error },
        }
    }
}

/// The path of this machine that an address names; none for other schemes and relative paths.
fn local(path: &str) -> Option<&Path> {
    let plain = match path.strip_prefix("file:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None => path,
    };
    let plain = Path::new(plain);
    plain.is_absolute().then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn judge(roots: &Roots, path: &str) -> &'static str {
        match roots.admit(path) {
            Ok(_) => "admitted",
            Err(Refused::Outside { .. }) => "outside",
            Err(Refused::NotAFile { .. }) => "not a file",
            Err(Refused::Missing { .. }) => "missing",
            Err(Refused::Unreachable { .. }) => "unreachable",
        }
    }

    #[test]
    fn only_files_and_folders_below_a_root_are_admitted() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let inside = dir.path().join("logs");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("a.log"), "x").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        symlink(dir.path().join("secret"), inside.join("leak")).unwrap();
        symlink(inside.join("a.log"), inside.join("alias")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(inside.join("socket")).unwrap();
        let roots = Roots::new(vec![inside.clone(), "/dev".into()]);
        let below = |name: &str| inside.join(name).display().to_string();

        assert_eq!(judge(&roots, &below("a.log")), "admitted");
        assert_eq!(judge(&roots, &format!("file://{}", below("a.log"))), "admitted");
        assert_eq!(judge(&roots, &format!("file:{}", below("a.log"))), "admitted");
        assert_eq!(judge(&roots, &below("")), "admitted");
        assert_eq!(judge(&roots, &below("alias")), "admitted");
        assert_eq!(judge(&roots, &below("none.log")), "missing");
        assert_eq!(judge(&roots, &below("leak")), "outside");
        assert_eq!(judge(&roots, &below("../secret")), "outside");
        assert_eq!(judge(&roots, &below("../nothing-here")), "outside");
        assert_eq!(judge(&roots, &below("socket")), "not a file");
        assert_eq!(judge(&roots, "/dev/null"), "not a file");
        assert_eq!(judge(&roots, "/etc/hostname-that-is-not"), "outside");
        assert_eq!(judge(&roots, "logs/a.log"), "outside");
        assert_eq!(judge(&roots, "s3a://bucket/a.log"), "outside");
        assert_eq!(judge(&roots, "a\0b"), "outside");
    }

    #[test]
    fn a_sibling_with_the_same_beginning_is_outside() {
        let dir = tempfile::tempdir().expect("temporary folder");
        fs::create_dir(dir.path().join("logs")).unwrap();
        fs::create_dir(dir.path().join("logs-private")).unwrap();
        let roots = Roots::new(vec![dir.path().join("logs")]);
        let sibling = dir.path().join("logs-private").display().to_string();
        assert_eq!(judge(&roots, &sibling), "outside");
    }
}
