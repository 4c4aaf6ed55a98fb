//! Byte-range edits: the only way text changes.

use crate::python::{TextRange, TextSize};

/// Replaces the text of a range; an empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub at: TextRange,
    pub text: String,
}

impl Edit {
    pub fn insert(at: TextSize, text: impl Into<String>) -> Self {
        Self { at: TextRange::empty(at), text: text.into() }
    }

    pub fn replace(at: TextRange, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }
}

/// A text with edits made, and where they ended up in it.
pub(crate) struct Edited {
    pub text: String,
    pub inserted: Vec<TextRange>,
}

/// Makes all edits at once; nothing when two of them overlap.
pub(crate) fn make(source: &str, edits: &[Edit]) -> Option<Edited> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.at.start(), edit.at.end()));
    let mut text = String::with_capacity(source.len() + 256);
    let mut inserted = Vec::new();
    let mut done = 0;
    for edit in edits {
        if edit.at.start().to_usize() < done {
            return None;
        }
        text.push_str(&source[done..edit.at.start().to_usize()]);
        let start = TextSize::of(text.as_str());
        text.push_str(&edit.text);
        inserted.push(TextRange::new(start, TextSize::of(text.as_str())));
        done = edit.at.end().to_usize();
    }
    text.push_str(&source[done..]);
    Some(Edited { text, inserted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: u32, end: u32) -> TextRange {
        TextRange::new(start.into(), end.into())
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_text() {
        let edits = [Edit::replace(at(4, 5), "d"), Edit::insert(0.into(), ">")];
        let edited = make("a b c", &edits).expect("the edits do not overlap");
        assert_eq!(edited.text, ">a b d");
        assert_eq!(edited.inserted, [at(0, 1), at(5, 6)]);
    }

    #[test]
    fn overlapping_edits_are_no_edit() {
        let edits = [Edit::replace(at(0, 3), "x"), Edit::replace(at(2, 4), "y")];
        assert!(make("a b c", &edits).is_none());
    }
}
