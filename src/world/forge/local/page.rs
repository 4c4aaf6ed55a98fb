//! The text of a pull request as a file beside the repository.
//!
//! A file is written whole or not at all, once per branch. Who joins later adds a line at its end;
//! whatever people wrote into it in between stays. Hidden marks say which fix it is for and which
//! incidents have joined; they are only looked for where no foreign text can stand.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::super::{ForgeError, Repository};
use crate::records::{FixId, IncidentId};

/// What forges take as the text of a pull request, in characters.
pub const MOST_CHARACTERS: usize = 65_535;
/// Kept free for those who join later.
const ROOM_TO_JOIN: usize = 8_192;
/// Below this line stand the occurrences. No line of a body equals it: log text stands within
/// lines, and lines of a diff have a sign before them.
const OCCURRENCES: &str = "## Seen in";

/// What lies at the place of a pull request's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    Absent,
    /// Ours for this fix; the incidents that it names, in the order they came.
    Ours {
        incidents: Vec<String>,
        has_room: bool,
    },
    /// Somebody else's file.
    Theirs,
}

/// One incident that the fix is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub incident: IncidentId,
    /// One line of Markdown.
    pub line: String,
}

/// Where the text of the branch's pull request lies.
pub fn page_path(repository: &Repository, branch: &str) -> PathBuf {
    repository.pull_requests_folder().join(format!("{}.md", branch.replace('/', "-")))
}

/// # Errors
/// When the file is there and cannot be read.
pub fn look_at_page(path: &Path, fix_id: &FixId) -> Result<Page, ForgeError> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Page::Absent),
        Err(error) => return Err(failed("read", path)(error)),
    };
    if text.lines().next() != Some(&fix_mark(fix_id)) {
        return Ok(Page::Theirs);
    }
    let has_room = text.chars().count() + ROOM_TO_JOIN / 8 < MOST_CHARACTERS;
    Ok(Page::Ours { incidents: incidents_of(&text), has_room })
}

/// Writes the text with its first occurrence. A body that is too long is cut at a line.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn write_page(
    path: &Path,
    fix_id: &FixId,
    body: &str,
    first: &Occurrence,
) -> Result<(), ForgeError> {
    let body = cut(body.trim_end(), MOST_CHARACTERS - ROOM_TO_JOIN);
    let text =
        format!("{}\n{body}\n\n{OCCURRENCES}\n\n{}\n", fix_mark(fix_id), occurrence_line(first));
    write_whole(path, &text)
}

/// Adds an occurrence at the end.
///
/// # Errors
/// When the file cannot be read or written.
pub fn join_page(path: &Path, occurrence: &Occurrence) -> Result<(), ForgeError> {
    let text = fs::read_to_string(path).map_err(failed("read", path))?;
    write_whole(path, &format!("{}\n{}\n", text.trim_end(), occurrence_line(occurrence)))
}

fn fix_mark(fix_id: &FixId) -> String {
    format!("<!-- adp fix:{fix_id} -->")
}

const INCIDENT_MARK: &str = " <!-- adp incident:";
const MARK_END: &str = " -->";

fn occurrence_line(occurrence: &Occurrence) -> String {
    format!("- {}{INCIDENT_MARK}{}{MARK_END}", occurrence.line, occurrence.incident)
}

fn incidents_of(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let heading = lines.iter().rposition(|line| *line == OCCURRENCES);
    let below = heading.map_or(&[][..], |at| &lines[at..]);
    let incident = |line: &&str| {
        let (_, mark) = line.strip_suffix(MARK_END)?.rsplit_once(INCIDENT_MARK)?;
        Some(mark.to_owned())
    };
    below.iter().filter_map(incident).collect()
}

/// The lines that fit; a fence that is cut open is closed by the caller's own caps, this is the last
/// resort.
fn cut(body: &str, most: usize) -> String {
    let Some((at, _)) = body.char_indices().nth(most) else { return body.to_owned() };
    let end = body[..at].rfind('\n').unwrap_or(at);
    format!("{}\n", &body[..end])
}

/// A reader sees the old file or the new one, also after a crash.
fn write_whole(path: &Path, text: &str) -> Result<(), ForgeError> {
    let write = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let draft = folder.join(format!(".{name}.draft"));
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(failed("write", path))
}

fn failed(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> ForgeError + use<> {
    let doing = format!("{doing} {}", path.display());
    move |error| ForgeError::unavailable(doing, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occurrence(name: &str) -> Occurrence {
        Occurrence { incident: IncidentId::of(&[name]), line: format!("pipeline {name}") }
    }

    fn fix() -> FixId {
        FixId::of(&["fix"])
    }

    fn incidents(path: &Path) -> Vec<String> {
        match look_at_page(path, &fix()).expect("readable") {
            Page::Ours { incidents, .. } => incidents,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn those_who_join_stand_below_what_people_wrote() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("deep/er/x.md");
        assert_eq!(look_at_page(&path, &fix()).unwrap(), Page::Absent);
        write_page(&path, &fix(), "# A title\n", &occurrence("a")).expect("written");
        let seen = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{seen}\nI looked at it. Ann\n")).unwrap();
        join_page(&path, &occurrence("b")).expect("joined");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("I looked at it. Ann\n- pipeline b"), "{text}");
        let ids = ["a", "b"].map(|name| IncidentId::of(&[name]).to_string());
        assert_eq!(incidents(&path), ids);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no draft is left behind");
    }

    #[test]
    fn another_fix_or_a_strange_file_is_not_ours() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.md");
        fs::write(&path, format!("notes\n{}\n", fix_mark(&fix()))).unwrap();
        assert_eq!(look_at_page(&path, &fix()).unwrap(), Page::Theirs);
        write_page(&path, &FixId::of(&["other"]), "", &occurrence("a")).expect("written");
        assert_eq!(look_at_page(&path, &fix()).unwrap(), Page::Theirs);
    }

    #[test]
    fn marks_in_a_body_do_not_count() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.md");
        let body = format!("```\n-{OCCURRENCES}\n{}\n```", occurrence_line(&occurrence("forged")));
        write_page(&path, &fix(), &body, &occurrence("a")).expect("written");
        assert_eq!(incidents(&path), [IncidentId::of(&["a"]).to_string()]);
    }

    #[test]
    fn a_body_of_any_length_fits_and_leaves_room() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("x.md");
        write_page(&path, &fix(), &"ä line\n".repeat(20_000), &occurrence("a")).expect("written");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.chars().count() <= MOST_CHARACTERS - ROOM_TO_JOIN + 200);
        let mut n_joined = 0;
        while let Page::Ours { has_room: true, .. } = look_at_page(&path, &fix()).unwrap() {
            join_page(&path, &occurrence(&n_joined.to_string())).expect("joined");
            n_joined += 1;
        }
        assert!(n_joined > 20, "{n_joined}");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.chars().count() <= MOST_CHARACTERS, "{}", text.chars().count());
    }
}
