//! What two versions of a file must have in common: the raw material of the gates.

use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_ast::statement_visitor::{self, StatementVisitor};

use super::{Ranged, Source, Stmt, TextRange, TokenKind};

/// Kind and text of every token that is not inside one of `touched`. Line ends and indentation are left
/// out: an inserted line brings its own, and the tree comparison sees a changed block.
pub(crate) fn kept_tokens<'a>(
    source: &'a Source,
    touched: &[TextRange],
) -> Vec<(TokenKind, &'a str)> {
    source
        .tokens()
        .iter()
        .filter(|token| !is_layout(token.kind()))
        .filter(|token| !touched.iter().any(|range| covers(*range, token.range())))
        .map(|token| (token.kind(), source.slice(token.range())))
        .collect()
}

/// Every statement that holds no other statement, in source order.
pub(crate) fn simple_statements(source: &Source) -> Vec<&Stmt> {
    let mut leaves = Leaves(Vec::new());
    for stmt in &source.module().body {
        leaves.visit_stmt(stmt);
    }
    leaves.0
}

/// Whether two statements mean the same, wherever they stand.
pub(crate) fn statements_equal(left: &Stmt, right: &Stmt) -> bool {
    ComparableStmt::from(left) == ComparableStmt::from(right)
}

/// Whether a statement has others inside.
pub(crate) fn holds_statements(stmt: &Stmt) -> bool {
    matches!(
        stmt,
        Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::If(_)
            | Stmt::For(_)
            | Stmt::While(_)
            | Stmt::With(_)
            | Stmt::Try(_)
            | Stmt::Match(_)
    )
}

fn is_layout(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::NonLogicalNewline
            | TokenKind::Newline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile
    )
}

fn covers(range: TextRange, token: TextRange) -> bool {
    !range.is_empty() && range.contains_range(token)
}

struct Leaves<'a>(Vec<&'a Stmt>);

impl<'a> StatementVisitor<'a> for Leaves<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !holds_statements(stmt) {
            self.0.push(stmt);
        }
        statement_visitor::walk_stmt(self, stmt);
    }
}
