//! Logs that a service exported as one JSON document, such as `gcloud logging read --format json`
//! and `aws logs get-log-events`: each entry becomes a line.
//!
//! Nothing is parsed: it is enough to know where texts and entries begin and end, so an entry can
//! be of any size and the document be cut anywhere.

use std::io::{self, BufReader, Read};

use super::unpack::Text;

const BUFFER: usize = 64 * 1024;

/// What holds the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// `[{..}, {..}]`
    Array,
    /// `{"events": [{..}, {..}], "nextForwardToken": ..}`, one document for each page.
    Pages,
}

/// The document that begins like this, and the place behind the bracket that opens its entries.
pub fn document(start: &[u8]) -> Option<(Document, u64)> {
    let mut rest = start;
    let kind = if take(&mut rest, b"{") {
        let is_page = take(&mut rest, b"\"events\"") && take(&mut rest, b":");
        is_page.then_some(Document::Pages)?
    } else {
        Document::Array
    };
    if !take(&mut rest, b"[") {
        return None;
    }
    let at = (start.len() - rest.len()) as u64;
    (take(&mut rest, b"{") && take(&mut rest, b"\"")).then_some((kind, at))
}

/// Whether this is next, but for white space.
fn take(rest: &mut &[u8], wanted: &[u8]) -> bool {
    let found = rest.trim_ascii_start().strip_prefix(wanted);
    *rest = found.unwrap_or(rest);
    found.is_some()
}

/// A line for each entry.
pub struct EntryLines {
    text: BufReader<Text>,
    document: Document,
    within: Within,
}

#[derive(Clone, Copy)]
enum Within {
    /// Objects and arrays that are open in the entry.
    Entries {
        depth: u32,
    },
    String {
        depth: u32,
        is_escaped: bool,
    },
    /// Behind the last entry of a page.
    Rest,
    StringOfRest {
        is_escaped: bool,
    },
    /// Behind an array, where no text is yet.
    Nothing,
    /// Behind an array: what is not part of it is text.
    Text,
}

impl EntryLines {
    /// `text` begins behind the bracket that opens the entries.
    pub fn new(text: Text, document: Document) -> Self {
        let text = BufReader::with_capacity(BUFFER, text);
        EntryLines { text, document, within: Within::Entries { depth: 0 } }
    }

    /// The byte that is told of this one.
    fn told(&mut self, byte: u8) -> Option<u8> {
        let (within, told) = match (self.within, byte) {
            (Within::Nothing, _) if byte.is_ascii_whitespace() => (Within::Nothing, None),
            (Within::Nothing | Within::Text, _) => (Within::Text, Some(byte)),
            (Within::String { depth, is_escaped: false }, b'"') => {
                (Within::Entries { depth }, Some(byte))
            }
            (Within::String { depth, is_escaped }, _) => {
                let is_escaped = byte == b'\\' && !is_escaped;
                (Within::String { depth, is_escaped }, Some(byte))
            }
            (Within::StringOfRest { is_escaped: false }, b'"') => (Within::Rest, None),
            (Within::StringOfRest { is_escaped }, _) => {
                (Within::StringOfRest { is_escaped: byte == b'\\' && !is_escaped }, None)
            }
            (Within::Rest, b'"') => (Within::StringOfRest { is_escaped: false }, None),
            (Within::Rest, b'[') => (Within::Entries { depth: 0 }, None),
            (Within::Rest, _) => (Within::Rest, None),
            (Within::Entries { depth }, _) => self.of_entries(depth, byte),
        };
        self.within = within;
        told
    }

    fn of_entries(&self, depth: u32, byte: u8) -> (Within, Option<u8>) {
        match byte {
            b'"' => (Within::String { depth, is_escaped: false }, Some(byte)),
            b'{' | b'[' => (Within::Entries { depth: depth.saturating_add(1) }, Some(byte)),
            b']' if depth == 0 => match self.document {
                Document::Array => (Within::Nothing, Some(b'\n')),
                Document::Pages => (Within::Rest, Some(b'\n')),
            },
            b'}' | b']' => (Within::Entries { depth: depth.saturating_sub(1) }, Some(byte)),
            b',' if depth == 0 => (Within::Entries { depth }, Some(b'\n')),
            _ => (Within::Entries { depth }, (!byte.is_ascii_whitespace()).then_some(byte)),
        }
    }
}

impl Read for EntryLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut n = 0;
        while n == 0 && !buffer.is_empty() {
            let read = self.text.read(buffer)?;
            if read == 0 {
                break;
            }
            // What is told is never longer than what it tells of.
            for at in 0..read {
                if let Some(byte) = self.told(buffer[at]) {
                    buffer[n] = byte;
                    n += 1;
                }
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let (document, at) = document(text.as_bytes()).expect("a document");
        let entries = text.as_bytes()[usize::try_from(at).unwrap()..].to_vec();
        let mut lines = String::new();
        EntryLines::new(Box::new(io::Cursor::new(entries)), document)
            .read_to_string(&mut lines)
            .expect("text");
        lines
    }

    #[test]
    fn entries_are_lines_whatever_their_texts_hold() {
        assert_eq!(
            lines("[\n  {\n    \"a\": \"[{, \\\" \\\\\"\n  },\n  {\"b\": [1, {}]}\n]later {} ]"),
            "{\"a\":\"[{, \\\" \\\\\"}\n{\"b\":[1,{}]}\nlater {} ]"
        );
        let page = "{\"events\": [{\"message\": \"x\"}], \"next\": \"f/[\\\"\"}\n";
        assert_eq!(lines(&page.repeat(2)), "{\"message\":\"x\"}\n".repeat(2));
        assert_eq!(lines("[{\"a\": \"cut "), "{\"a\":\"cut ");
    }

    #[test]
    fn a_log_that_begins_with_a_bracket_is_no_document() {
        for start in ["[2026-11-23T03:00:00] INFO a", "[{'a': 1}]", "{\"event\": [{\"a\"", "[]", ""]
        {
            assert_eq!(document(start.as_bytes()), None, "{start}");
        }
    }
}
