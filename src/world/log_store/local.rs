//! Logs on this machine's disks, below the configured folders and nowhere else.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::cap::{Jump, Landed, Notes};
use super::parts::{Joined, Open, together};
use super::unpack::Text;
use super::{Found, Place, Raw, Unavailable};
use crate::world::roots::{Refused, Roots};

/// Files that are looked at below one folder.
const MOST_FILES: usize = 2_000;
/// As in `application_1/container_1/stderr`, and two more.
const DEEPEST: usize = 5;
const ONE_PART: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A file that may be read.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    path: PathBuf,
}

/// What the path stands for: itself, the logs below a folder, or those that a pattern names.
pub fn find(roots: &Roots, path: &str) -> Result<Vec<Found>, Unavailable> {
    // What exists under that very name is no pattern.
    let (folder, pattern) = match admit(roots, path) {
        Ok(real) if real.is_dir() => (path.to_owned(), None),
        Ok(real) => {
            let name = path.rsplit('/').next().unwrap_or(path).to_owned();
            let part = Part { name: name.clone(), path: real };
            return Ok(vec![Found { name, place: Place::Local(vec![part]) }]);
        }
        Err(why) => match fixed_part(path) {
            Some(folder) => (folder.to_owned(), Some(path)),
            None => return Err(why),
        },
    };
    let pattern = pattern
        .map(|pattern| Pattern::new(pattern.strip_prefix(folder.as_str()).unwrap_or(pattern)))
        .transpose()
        .map_err(|error| Unavailable::Refused(format!("{path} is no pattern: {error}")))?;
    let base = admit(roots, &folder)?;
    let mut files = Vec::new();
    let unreadable = |source| Unavailable::Unreadable { path: folder.clone(), source };
    walk(&base, Path::new(""), 0, &mut files).map_err(unreadable)?;
    let admitted = files.into_iter().filter_map(|name| {
        let is_wanted =
            pattern.as_ref().is_none_or(|pattern| pattern.matches_with(&name, ONE_PART));
        let path = roots.admit(&base.join(&name).display().to_string()).ok()?;
        (is_wanted && path.is_file()).then_some((name.clone(), Part { name, path }))
    });
    let logs = together(admitted.collect());
    if logs.is_empty() {
        return Err(Unavailable::Missing(format!("there is no log at {path}")));
    }
    let logs = logs.into_iter();
    Ok(logs.map(|(name, parts)| Found { name, place: Place::Local(parts) }).collect())
}

/// The folder before the first part of the path that is a pattern, with a slash at its end.
fn fixed_part(path: &str) -> Option<&str> {
    let first = path.find(['*', '?', '['])?;
    let slash = path[..first].rfind('/')?;
    Some(&path[..=slash])
}

fn admit(roots: &Roots, path: &str) -> Result<PathBuf, Unavailable> {
    roots.admit(path).map_err(|refused| match refused {
        Refused::Missing { path } => Unavailable::missing(&path),
        Refused::Unreachable { path, source } => Unavailable::Unreadable { path, source },
        Refused::Outside { path } => Unavailable::Refused(format!(
            "{path} is not below a configured folder: logs.roots names those that may be read"
        )),
        Refused::NotAFile { .. } => Unavailable::Refused(refused.to_string()),
    })
}

fn walk(base: &Path, below: &Path, depth: usize, files: &mut Vec<String>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(base.join(below))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = below.join(entry.file_name());
        let kind = entry.file_type()?;
        if entry.file_name().to_string_lossy().starts_with('.') || files.len() >= MOST_FILES {
            continue;
        }
        if kind.is_dir() && depth < DEEPEST {
            walk(base, &name, depth + 1, files)?;
        } else if !kind.is_dir() {
            files.extend(name.to_str().map(str::to_owned));
        }
    }
    Ok(())
}

/// The text as it lies there, and a way to its end.
pub fn open(parts: &[Part], notes: &Notes) -> Result<Raw, Unavailable> {
    let [part] = parts else {
        let open = |part: &Part| -> (String, Open) {
            let path = part.path.clone();
            (part.name.clone(), Box::new(move || Ok(Box::new(File::open(&path)?) as Text)))
        };
        let parts = parts.iter().map(open).collect();
        return Ok((Box::new(Joined::new(parts, notes.clone())), None));
    };
    let unreadable = |source| Unavailable::Unreadable { path: part.name.clone(), source };
    let file = File::open(&part.path).map_err(unreadable)?;
    let jumping = file.try_clone().map_err(unreadable)?;
    let jump: Jump = Box::new(move |most| land(jumping, most));
    Ok((Box::new(Placed { file, at: 0 }), Some(jump)))
}

fn land(mut file: File, most: u64) -> io::Result<Option<Landed>> {
    let length = file.seek(SeekFrom::End(0))?;
    let at = length.saturating_sub(most);
    Ok(Some(Landed { text: Box::new(Placed { file, at }), at }))
}

/// A place of its own in a file that others read as well.
struct Placed {
    file: File,
    at: u64,
}

impl Read for Placed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::unix::fs::FileExt;
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
