//! A place in a line, and the ways in which quotes and signs are spelled there.

/// A place in a line.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub line: &'a str,
    pub at: usize,
}

/// What opens a value and must close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// A mark behind so many backslashes, as in JSON within JSON.
    Mark { mark: u8, backslashes: usize },
    /// Three such marks, as in Python.
    Triple { mark: u8, backslashes: usize },
    /// A quotation mark in another spelling: `%22`, `&quot;`, `\u0022`.
    Spelled(&'static str),
}

impl<'a> Cursor<'a> {
    pub fn at(line: &'a str, at: usize) -> Self {
        Cursor { line, at }
    }

    pub fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    /// Passes over the text, in capitals or not, if it is next.
    pub fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest().as_bytes();
        let is_next =
            rest.len() >= text.len() && rest[..text.len()].eq_ignore_ascii_case(text.as_bytes());
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// Passes over blanks and tabs, and says how many; a tab counts as two.
    pub fn skip_blanks(&mut self) -> usize {
        let blanks = self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        let widths: Vec<usize> = blanks.map(|byte| if byte == b' ' { 1 } else { 2 }).collect();
        self.at += widths.len();
        widths.iter().sum()
    }

    /// Passes over what opens or closes a quotation.
    pub fn eat_quote(&mut self) -> Option<Quote> {
        const SPELLED: [&str; 5] = ["%22", "%27", "&quot;", "&#34;", "\\u0022"];
        if let Some(spelling) = SPELLED.into_iter().find(|spelling| self.eat(spelling)) {
            return Some(Quote::Spelled(spelling));
        }
        let rest = self.rest().as_bytes();
        let backslashes = rest.iter().take_while(|&&byte| byte == b'\\').count();
        let mark = *rest.get(backslashes).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
        let one = &rest[..backslashes + 1];
        if mark != b'`' && rest.starts_with(&one.repeat(3)) {
            self.at += 3 * one.len();
            return Some(Quote::Triple { mark, backslashes });
        }
        self.at += one.len();
        Some(Quote::Mark { mark, backslashes })
    }
}

impl Quote {
    /// Bytes up to where the quotation that `text` begins with ends, if it does.
    pub fn end_in(self, text: &str) -> Option<usize> {
        match self {
            Quote::Spelled(spelling) => find_ignoring_case(text, spelling),
            Quote::Triple { mark, backslashes } => {
                let one = format!("{}{}", "\\".repeat(backslashes), char::from(mark));
                text.find(&one.repeat(3))
            }
            Quote::Mark { mark, backslashes } => {
                let mut run = 0;
                for (at, byte) in text.bytes().enumerate() {
                    // Behind more backslashes than ours it belongs to the value, behind fewer it
                    // ends the text that we are quoted in. An even number more escapes itself.
                    let escapes = run > backslashes && (run - backslashes) % 2 == 1;
                    let is_deeper = backslashes > 0 && run > backslashes;
                    if byte == mark && !(escapes || is_deeper) {
                        return Some(at - run.min(backslashes));
                    }
                    run = if byte == b'\\' { run + 1 } else { 0 };
                }
                None
            }
        }
    }
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes()
        .windows(wanted.len())
        .position(|part| part.eq_ignore_ascii_case(wanted.as_bytes()))
}
