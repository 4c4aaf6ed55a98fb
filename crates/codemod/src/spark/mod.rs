//! What a PySpark job looks like: sessions, reads, where a frame comes from, how its chains are laid out.

mod session;
mod pattern;
mod reads;
mod lineage;
mod functions;
mod layout;
pub(crate) mod settings;

pub(crate) use self::pattern::{Match, Pattern};
pub(crate) use self::reads::Read;

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::python::{
    CallSite, ExprCall, Model, Ranged, Source, TextRange, TokenKind, holds_statements,
};
use crate::request::Seen;

/// A job's source with everything the codemods ask of it.
pub(crate) struct Job<'a> {
    pub source: &'a Source,
    pub model: Model<'a>,
    /// Every place where an input becomes a frame, in source order.
    pub reads: Vec<Read<'a>>,
    looks_left: Cell<u32>,
}

impl<'a> Job<'a> {
    pub fn of(source: &'a Source) -> Self {
        let model = Model::of(source.module());
        let looks_left = Cell::new(lineage::MAX_LOOKS_IN_ALL);
        let mut job = Self { source, model, reads: Vec::new(), looks_left };
        job.reads = job.find_reads();
        job
    }

    /// The line of this file that the run spoke of. A number whose quoted text stands elsewhere belongs to
    /// another version of the file: then only a text that occurs once says where it is now.
    pub fn line_of(&self, seen: &Seen) -> Option<u32> {
        let Some(quote) = seen.quote.as_deref().map(str::trim).filter(|q| !q.is_empty()) else {
            return seen.line.filter(|line| self.source.line_text(*line).is_some());
        };
        if let Some(line) = seen.line
            && self.source.line_text(line).map(str::trim) == Some(quote)
        {
            return Some(line);
        }
        let mut same =
            (1..).zip(self.source.text().lines()).filter(|(_, text)| text.trim() == quote);
        match (same.next(), same.next()) {
            (Some((line, _)), None) => Some(line),
            _ => None,
        }
    }

    pub fn is_on_line(&self, range: TextRange, line: u32) -> bool {
        self.source.lines(range).contains(&line)
    }

    /// The calls inside simple statements that `line` is part of.
    pub fn calls_on_line(&self, line: u32) -> impl Iterator<Item = &CallSite<'a>> {
        self.model.calls.iter().filter(move |site| {
            let simple = !holds_statements(site.stmt);
            self.is_on_line(if simple { site.stmt.range() } else { site.call.range() }, line)
        })
    }

    /// An argument of `call` with the brackets around it, which are no part of its node.
    pub fn closed(&self, range: TextRange, call: &ExprCall) -> TextRange {
        let tokens = self.source.tokens();
        let before = tokens.iter().rev().skip_while(|token| token.start() >= range.start());
        let after = tokens.iter().skip_while(|token| token.start() < range.end());
        let layout = |kind| matches!(kind, TokenKind::NonLogicalNewline | TokenKind::Comment);
        let mut whole = range;
        let before = before.filter(|token| !layout(token.kind()));
        for (open, close) in before.zip(after.filter(|token| !layout(token.kind()))) {
            let pair = (open.kind(), close.kind()) == (TokenKind::Lpar, TokenKind::Rpar);
            if !pair || open.start() <= call.arguments.range.start() {
                break;
            }
            whole = TextRange::new(open.start(), close.end());
        }
        whole
    }

    pub fn line(&self, ranged: &impl Ranged) -> u32 {
        self.source.line(ranged.range().start())
    }
}

/// `1`, `1 and 2`, `1, 2 and 3`: line numbers for people.
pub(crate) fn listed(lines: impl IntoIterator<Item = u32>) -> String {
    let lines: BTreeSet<u32> = lines.into_iter().collect();
    let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
    match lines.split_last() {
        Some((last, [])) => format!("line {last}"),
        Some((last, rest)) => format!("lines {} and {last}", rest.join(", ")),
        None => "no line".to_owned(),
    }
}
