//! Adding a link to a method chain the way its author laid the chain out.

use super::Job;
use crate::edit::Edit;
use crate::python::{ExprCall, MethodCall, Ranged, TextRange, TextSize, TokenKind};

impl<'a> Job<'a> {
    /// Adds `.method(..)` right behind `call`.
    pub fn link_after(&self, call: &ExprCall, link: &str) -> Edit {
        let end = call.range().end();
        if let Some(next) = self.next_link(end) {
            return self.link_before(next, link);
        }
        let eol = self.source.eol();
        let Some((dot, indent)) = self.dot_of(call).and_then(|dot| self.own_line(dot)) else {
            return Edit::insert(end, link);
        };
        if self.source.after_backslash(dot) {
            return Edit::insert(end, format!(" \\{eol}{indent}{link}"));
        }
        // A comment on the line belongs to the link before it.
        let after = self.comment_behind(end).unwrap_or(end);
        Edit::insert(after, format!("{eol}{indent}{link}"))
    }

    /// Adds `.method(..)` before the link whose dot is at `dot`.
    pub fn link_before(&self, dot: TextSize, link: &str) -> Edit {
        let eol = self.source.eol();
        match self.source.indent_if_first(dot) {
            Some(indent) if self.source.after_backslash(dot) => {
                Edit::insert(dot, format!("{link} \\{eol}{indent}"))
            }
            Some(indent) => Edit::insert(dot, format!("{link}{eol}{indent}")),
            None => Edit::insert(dot, link),
        }
    }

    /// The dot before the last method of a chain.
    pub fn dot_of(&self, call: &ExprCall) -> Option<TextSize> {
        let method = MethodCall::of(call)?;
        let receiver_end = method.receiver.end();
        let before_name = |range: &TextRange| range.start() < method.name_range.start();
        self.source
            .tokens_from(receiver_end)
            .take_while(|(_, range)| before_name(range))
            .filter(|(kind, _)| *kind == TokenKind::Dot)
            .last()
            .map(|(_, range)| range.start())
    }

    fn own_line(&self, dot: TextSize) -> Option<(TextSize, &str)> {
        self.source.indent_if_first(dot).map(|indent| (dot, indent))
    }

    /// The dot of the link that follows on a line of its own.
    fn next_link(&self, end: TextSize) -> Option<TextSize> {
        let mut tokens = self.source.tokens_from(end).skip_while(|(kind, _)| {
            matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
        });
        let (kind, range) = tokens.next()?;
        let starts_line = self.source.indent_if_first(range.start()).is_some();
        (kind == TokenKind::Dot && starts_line).then_some(range.start())
    }

    fn comment_behind(&self, end: TextSize) -> Option<TextSize> {
        let (kind, range) = self.source.tokens_from(end).next()?;
        let same_line = self.source.line(end) == self.source.line(range.start());
        (kind == TokenKind::Comment && same_line).then_some(range.end())
    }
}
