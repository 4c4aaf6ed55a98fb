//! What an operator meets when something is wrong: numbered errors, each with a page, and the
//! codes that the process exits with.

use std::fmt;

/// An error with a page of its own; numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorCode {
    Settings,
    Secret,
    KafkaUnavailable,
    RegistryUnavailable,
    RegistryRefused,
    SchemaIncompatible,
    DataDamaged,
    DataInUse,
    DataNotKept,
    Fenced,
    TopicsDoNotFit,
    MemoryUnreadable,
    RestoreStuck,
    PositionLost,
    AddressTaken,
    RepositoryUnusable,
    DeadLetters,
    RulesUnusable,
}

/// How the process ended, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well; for `analyze`, a diagnosis was made, whatever it says.
    Fine,
    /// Something was found, or a test failed.
    Findings,
    /// The command line or the settings are wrong.
    Usage,
    /// A dependency is not available, or the data folder is not.
    Unavailable,
    /// It worked, and records went to dead letters.
    DeadLetters,
    /// Another process has our slot.
    Fenced,
    /// Ended by the signal of that number.
    Signal(u8),
}

const PAGES: [(ErrorCode, &str); 18] = [
    (ErrorCode::Settings, include_str!("../docs/errors/ADP0001.md")),
    (ErrorCode::Secret, include_str!("../docs/errors/ADP0002.md")),
    (ErrorCode::KafkaUnavailable, include_str!("../docs/errors/ADP0003.md")),
    (ErrorCode::RegistryUnavailable, include_str!("../docs/errors/ADP0004.md")),
    (ErrorCode::RegistryRefused, include_str!("../docs/errors/ADP0005.md")),
    (ErrorCode::SchemaIncompatible, include_str!("../docs/errors/ADP0006.md")),
    (ErrorCode::DataDamaged, include_str!("../docs/errors/ADP0007.md")),
    (ErrorCode::DataInUse, include_str!("../docs/errors/ADP0008.md")),
    (ErrorCode::DataNotKept, include_str!("../docs/errors/ADP0009.md")),
    (ErrorCode::Fenced, include_str!("../docs/errors/ADP0010.md")),
    (ErrorCode::TopicsDoNotFit, include_str!("../docs/errors/ADP0011.md")),
    (ErrorCode::MemoryUnreadable, include_str!("../docs/errors/ADP0012.md")),
    (ErrorCode::RestoreStuck, include_str!("../docs/errors/ADP0013.md")),
    (ErrorCode::PositionLost, include_str!("../docs/errors/ADP0014.md")),
    (ErrorCode::AddressTaken, include_str!("../docs/errors/ADP0015.md")),
    (ErrorCode::RepositoryUnusable, include_str!("../docs/errors/ADP0016.md")),
    (ErrorCode::DeadLetters, include_str!("../docs/errors/ADP0017.md")),
    (ErrorCode::RulesUnusable, include_str!("../docs/errors/ADP0018.md")),
];

impl ErrorCode {
    /// Every error, by number.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        PAGES.iter().map(|(code, _)| *code)
    }

    /// The error that people call by that name, as `ADP0001` or `adp0001`.
    pub fn named(name: &str) -> Option<ErrorCode> {
        ErrorCode::all().find(|code| code.to_string().eq_ignore_ascii_case(name))
    }

    /// What it is, why, and what to do, as Markdown.
    pub fn page(self) -> &'static str {
        PAGES[self as usize].1
    }

    /// The page's heading without the number.
    pub fn title(self) -> &'static str {
        let heading = self.page().lines().next().unwrap_or_default();
        heading.split_once(": ").map_or(heading, |(_, title)| title)
    }

    /// What a process that ends with this error exits with.
    pub fn exit(self) -> Exit {
        match self {
            ErrorCode::Settings
            | ErrorCode::Secret
            | ErrorCode::RegistryRefused
            | ErrorCode::SchemaIncompatible
            | ErrorCode::DataInUse
            | ErrorCode::TopicsDoNotFit
            | ErrorCode::PositionLost
            | ErrorCode::AddressTaken
            | ErrorCode::RepositoryUnusable
            | ErrorCode::RulesUnusable => Exit::Usage,
            ErrorCode::KafkaUnavailable
            | ErrorCode::RegistryUnavailable
            | ErrorCode::DataDamaged
            | ErrorCode::DataNotKept
            | ErrorCode::MemoryUnreadable
            | ErrorCode::RestoreStuck => Exit::Unavailable,
            ErrorCode::Fenced => Exit::Fenced,
            ErrorCode::DeadLetters => Exit::DeadLetters,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ADP{:04}", *self as usize + 1)
    }
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Unavailable => 3,
            Exit::DeadLetters => 4,
            Exit::Fenced => 5,
            Exit::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn list_and_folder_agree() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
        let files = std::fs::read_dir(folder).expect("the folder");
        let files: BTreeSet<String> = files
            .map(|file| file.expect("an entry").file_name().into_string().expect("a plain name"))
            .collect();
        let listed: BTreeSet<String> = ErrorCode::all().map(|code| format!("{code}.md")).collect();
        assert_eq!(listed, files);
    }

    #[test]
    fn each_page_is_its_own_and_has_its_three_parts() {
        for (index, (code, page)) in PAGES.iter().enumerate() {
            assert_eq!(*code as usize, index, "{code} is out of order");
            assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}");
            let parts: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(parts, ["## What", "## Why", "## What to do"], "{code}");
            assert_eq!(ErrorCode::named(&code.to_string().to_lowercase()), Some(*code));
            assert_ne!(code.exit(), Exit::Fine, "{code}");
        }
        assert_eq!(ErrorCode::named("ADP9999"), None);
    }
}
