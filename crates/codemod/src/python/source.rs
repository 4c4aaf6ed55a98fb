//! A Python file as text and tree together, and the questions about its layout that edits need.

use ruff_python_ast::token::Tokens;
use ruff_python_parser::{Parsed, parse_module};

use super::{Ranged, TextRange, TextSize, TokenKind, nesting};
use ruff_python_ast::ModModule;

/// Larger files are generated or hold data; a person would not want a patch there either.
const MAX_BYTES: usize = 1 << 20;

/// Why a text cannot be worked on at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than a mebibyte of source.
    #[error("the file has {bytes} bytes, more than the {MAX_BYTES} we edit")]
    TooLarge {
        /// Length of the text, in bytes.
        bytes: usize,
    },
    /// A NUL byte, which Python refuses too.
    #[error("the file contains a NUL byte")]
    Nul,
    /// Lone carriage returns as line ends, which no two tools count alike.
    #[error("the file has bare carriage returns as line ends")]
    BareCarriageReturn,
    /// Nested or chained so deeply that walking it could exhaust the stack.
    #[error("the file nests or chains expressions too deeply")]
    TooDeep,
    /// A notebook export; its cells are edited in the notebook.
    #[error("the file is an exported notebook")]
    Notebook,
    /// A generated file; its generator would undo the patch.
    #[error("the file says that it is generated")]
    Generated,
    /// Not Python 3, as the parser says.
    #[error("the file does not parse: {0}")]
    Syntax(String),
}

pub(crate) struct Source {
    text: String,
    parsed: Parsed<ModModule>,
    eol: &'static str,
    /// Where each line ends.
    newlines: Vec<usize>,
}

impl Source {
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > MAX_BYTES {
            return Err(Unreadable::TooLarge { bytes: text.len() });
        }
        if text.contains('\0') {
            return Err(Unreadable::Nul);
        }
        let crlf = text.matches("\r\n").count();
        if text.matches('\r').count() != crlf {
            return Err(Unreadable::BareCarriageReturn);
        }
        refuse_foreign(text)?;
        if nesting::too_deep(text) {
            return Err(Unreadable::TooDeep);
        }
        let parsed = parse_module(text).map_err(|error| Unreadable::Syntax(error.to_string()))?;
        let lf = text.matches('\n').count() - crlf;
        let newlines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let eol = if crlf > lf { "\r\n" } else { "\n" };
        Ok(Self { text: text.to_owned(), parsed, eol, newlines })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn module(&self) -> &ModModule {
        self.parsed.syntax()
    }

    pub fn tokens(&self) -> &Tokens {
        self.parsed.tokens()
    }

    /// The line end used by most lines, for text that an edit adds.
    pub fn eol(&self) -> &'static str {
        self.eol
    }

    pub fn slice(&self, range: TextRange) -> &str {
        &self.text[range]
    }

    /// The number of the line holding `offset`, from 1.
    pub fn line(&self, offset: TextSize) -> u32 {
        let newlines = self.newlines.partition_point(|at| *at < offset.to_usize());
        u32::try_from(newlines + 1).expect("a file of at most a mebibyte has fewer lines than u32")
    }

    /// The first and last line that `range` touches.
    pub fn lines(&self, range: TextRange) -> std::ops::RangeInclusive<u32> {
        self.line(range.start())..=self.line(range.end())
    }

    pub fn line_start(&self, offset: TextSize) -> usize {
        self.text[..offset.to_usize()].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line holding `offset` ends, before its line end.
    pub fn line_end(&self, offset: TextSize) -> TextSize {
        let from = offset.to_usize();
        let end = self.text[from..].find('\n').map_or(self.text.len(), |i| from + i);
        let end = if self.text[from..end].ends_with('\r') { end - 1 } else { end };
        TextSize::try_from(end).expect("offsets of a file of at most a mebibyte fit")
    }

    /// The text of a line without its end, counted from 1.
    pub fn line_text(&self, line: u32) -> Option<&str> {
        self.text.lines().nth(line.checked_sub(1)? as usize)
    }

    /// The white space before `offset`, when nothing else stands before it on its line.
    pub fn indent_if_first(&self, offset: TextSize) -> Option<&str> {
        let before = &self.text[self.line_start(offset)..offset.to_usize()];
        before.chars().all(|c| c == ' ' || c == '\t').then_some(before)
    }

    /// Whether the line break before the line of `offset` is escaped by a backslash.
    pub fn after_backslash(&self, offset: TextSize) -> bool {
        let start = self.line_start(offset);
        start > 0 && self.text[..start - 1].trim_end_matches('\r').ends_with('\\')
    }

    /// Whether nothing but a comment follows `range` on its last line.
    pub fn ends_its_line(&self, range: TextRange) -> bool {
        let rest = &self.text[range.end().to_usize()..self.line_end(range.end()).to_usize()];
        let rest = rest.trim();
        rest.is_empty() || rest.starts_with('#')
    }

    /// The tokens that start at or after `offset`.
    pub fn tokens_from(&self, offset: TextSize) -> impl Iterator<Item = (TokenKind, TextRange)> {
        let tokens: &[ruff_python_ast::token::Token] = self.tokens();
        let first = tokens.partition_point(|token| token.start() < offset);
        tokens[first..].iter().map(|token| (token.kind(), token.range()))
    }

    /// The quote that most plain strings of the file use.
    pub fn quote(&self) -> char {
        let mut single = 0_usize;
        let mut double = 0_usize;
        for token in self.tokens().iter().filter(|token| token.kind() == TokenKind::String) {
            let text = self.slice(token.range());
            if text.ends_with("'''") || text.ends_with("\"\"\"") {
                continue;
            }
            if text.ends_with('\'') { single += 1 } else { double += 1 }
        }
        if single > double { '\'' } else { '"' }
    }

    /// `value` as a Python literal in the file's own quotes, whatever it contains.
    pub fn quoted(&self, value: &str) -> String {
        let quote = self.quote();
        let mut out = String::from(quote);
        for c in value.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                c if c == quote => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push(c),
            }
        }
        out.push(quote);
        out
    }
}

fn refuse_foreign(text: &str) -> Result<(), Unreadable> {
    let first = text.trim_start_matches('\u{feff}');
    if first.starts_with("# Databricks notebook source") {
        return Err(Unreadable::Notebook);
    }
    let says_generated = |line: &str| {
        line.starts_with('#') && (line.contains("@generated") || line.contains("DO NOT EDIT"))
    };
    if first.lines().take(10).any(says_generated) {
        return Err(Unreadable::Generated);
    }
    Ok(())
}
