//! A folder that holds each message as a Markdown file, edited in place.
//!
//! The file says which revision it is, so an older one never replaces a newer one and a message
//! is found again after a crash. Files that are not ours are left alone.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::Posted;
use super::as_markdown::markdown;
use crate::records::Notice;
use crate::runtime::Fault;

/// Longest part of a file's name that comes from a pipeline's name.
const SLUG_CHARS: usize = 60;

/// A folder of messages.
pub struct Outbox {
    folder: PathBuf,
}

/// What lies where the message belongs.
enum Lying {
    Nothing,
    /// The message, in this revision.
    Ours(i32),
    Foreign,
}

impl Outbox {
    /// The folder is made when the first message comes.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Outbox { folder: folder.into() }
    }

    pub(super) async fn find(&self, notice: &Notice) -> Result<Option<Posted>, Fault> {
        let path = self.path(notice);
        Ok(match look(&path, notice).await? {
            Lying::Ours(revision) if revision >= notice.revision => {
                Some(posted(notice, &path, revision))
            }
            Lying::Ours(_) | Lying::Nothing | Lying::Foreign => None,
        })
    }

    pub(super) async fn post(&self, notice: &Notice) -> Result<Posted, Fault> {
        let path = self.path(notice);
        match look(&path, notice).await? {
            Lying::Foreign => Err(Fault::refused(format!(
                "{} exists and is not this message; move it away",
                path.display()
            ))),
            Lying::Ours(revision) if revision >= notice.revision => {
                Ok(posted(notice, &path, revision))
            }
            Lying::Ours(_) | Lying::Nothing => {
                self.replace(&path, notice).await?;
                Ok(posted(notice, &path, notice.revision))
            }
        }
    }

    /// Named by what never changes in an episode.
    fn path(&self, notice: &Notice) -> PathBuf {
        let slug = slug(&notice.opened_by);
        let (conversation, episode) = (notice.conversation_id.short(), notice.episode.short());
        self.folder.join(format!("{slug}-{conversation}-{episode}.md"))
    }

    /// Readers see the old file or the new one, whole. The copy on the way has one name for all
    /// revisions, so that what a kill leaves is overwritten by the next.
    async fn replace(&self, path: &Path, notice: &Notice) -> Result<(), Fault> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let copy = self.folder.join(format!(".{name}.new"));
        let doing = format!("failed to write {}", path.display());
        fs::create_dir_all(&self.folder).await.map_err(|error| fault(&doing, &error))?;
        write_and_sync(&copy, &document(notice)).await.map_err(|error| fault(&doing, &error))?;
        fs::rename(&copy, path).await.map_err(|error| fault(&doing, &error))?;
        sync_folder(&self.folder).await.map_err(|error| fault(&doing, &error))
    }
}

fn posted(notice: &Notice, path: &Path, revision: i32) -> Posted {
    Posted { revision, ..Posted::of(notice, Some(path.display().to_string())) }
}

async fn write_and_sync(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::create(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.sync_all().await
}

/// A new name is on disk only when its folder is.
async fn sync_folder(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder).await?.sync_all().await
}

async fn look(path: &Path, notice: &Notice) -> Result<Lying, Fault> {
    match fs::read_to_string(path).await {
        Ok(text) => Ok(revision_in(&text, notice).map_or(Lying::Foreign, Lying::Ours)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Lying::Nothing),
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Lying::Foreign),
        Err(error) => Err(fault(&format!("failed to read {}", path.display()), &error)),
    }
}

/// What only a person can mend is refused; the rest may pass.
fn fault(doing: &str, error: &std::io::Error) -> Fault {
    let reason = format!("{doing}: {error}");
    match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory => Fault::refused(reason),
        _ => Fault::transient(reason),
    }
}

/// The file: front matter for us, Markdown for people.
fn document(notice: &Notice) -> String {
    format!(
        "---\nrevision: {}\nconversation: {}\nepisode: {}\nfailures: {}\nfinal: {}\n\
         updated: {}\n---\n\n{}",
        notice.revision,
        notice.conversation_id,
        notice.episode,
        notice.failures,
        notice.is_final,
        notice.at,
        markdown(notice)
    )
}

fn revision_in(text: &str, notice: &Notice) -> Option<i32> {
    let front = text.strip_prefix("---\n")?.split_once("\n---\n")?.0;
    let field = |name: &str| {
        front.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    };
    let is_this = field("conversation") == Some(notice.conversation_id.as_str())
        && field("episode") == Some(notice.episode.as_str());
    if is_this { field("revision")?.parse().ok() } else { None }
}

/// Small letters and digits, with dashes between; safe as a file name everywhere.
fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(SLUG_CHARS).collect();
    if slug.is_empty() { "failure".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_safe() {
        assert_eq!(slug("sales_Daily.load"), "sales-daily-load");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("日本"), "failure");
    }
}
