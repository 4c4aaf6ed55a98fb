//! Spark's query context: the line of the user's code that an error of the engine belongs to.

use std::sync::LazyLock;

use regex::Regex;

use crate::line::Line;

/// A place in the user's source that Spark itself named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryContext {
    /// Line of the log, from 1.
    pub log_line: u64,
    /// The call that the error belongs to, such as `cast` or `col`.
    pub fragment: String,
    /// Source file as the log names it.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u32,
}

/// Watches for `"cast" was called from`, whose next line names the place.
#[derive(Default)]
pub(crate) struct ContextReader {
    fragment: Option<(u64, String)>,
}

impl ContextReader {
    /// Whether the next line means nothing to it unless it says so itself.
    pub fn is_idle(&self) -> bool {
        self.fragment.is_none()
    }

    pub fn read(&mut self, line: &Line<'_>) -> Option<QueryContext> {
        static PLACE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^(?P<file>\S.*\.\w+):(?P<line>\d{1,7})$")
                .expect("the pattern is a constant")
        });
        if let Some((log_line, fragment)) = self.fragment.take()
            && let Some(place) = PLACE.captures(line.body())
        {
            let file = place["file"].to_owned();
            return Some(QueryContext {
                log_line,
                fragment,
                file,
                line: place["line"].parse().ok()?,
            });
        }
        let quoted = line.body().strip_suffix("\" was called from")?.strip_prefix('"')?;
        self.fragment = Some((line.number, quoted.to_owned()));
        None
    }
}
