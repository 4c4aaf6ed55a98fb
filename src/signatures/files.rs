//! The signature files of an operator's packs, as they lie on disk at one moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::RulesError;

/// Folders within folders that are looked into; whoever nests deeper has made a loop.
const DEEPEST: usize = 16;

/// Every signature file of the packs: pack by pack in the order of the settings, within a pack by
/// path. Two looks that are equal found the same text in the same files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackFiles(pub(super) Vec<PackFile>);

/// One file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackFile {
    /// The folder that the settings name.
    pub pack: PathBuf,
    pub path: PathBuf,
    pub text: String,
}

impl PackFiles {
    /// Reads every `*.toml` below the folders; a pack may also be a single file. What begins with a dot is left out: editors keep
    /// their copies there, and Kubernetes the versions of a mounted ConfigMap.
    ///
    /// # Errors
    /// When a folder is not there, or a file cannot be read.
    pub fn read(packs: &[PathBuf]) -> Result<PackFiles, RulesError> {
        let mut files = Vec::new();
        for pack in packs {
            let mut paths = Vec::new();
            walk(pack, 0, &mut paths)?;
            paths.sort();
            for path in paths {
                let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
                files.push(PackFile { pack: pack.clone(), path, text });
            }
        }
        Ok(PackFiles(files))
    }
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), RulesError> {
    let cannot = |source| unreadable(folder, source);
    if depth > DEEPEST {
        return Err(cannot(io::Error::other("it is nested too deep")));
    }
    if folder.is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let kind = fs::metadata(&path).map_err(|source| unreadable(&path, source))?;
        if kind.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> RulesError {
    RulesError::Unreadable { path: path.to_owned(), source }
}
