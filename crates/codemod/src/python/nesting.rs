//! Refuses texts that would exhaust the stack before anything recursive looks at them.
//!
//! Parser, visitors and destructors recurse once per level of an expression. A level is made by a bracket,
//! or by one more operator, dot or call in a chain; both can be counted on the flat token stream.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Brackets and blocks that may be open at once.
const MAX_OPEN: usize = 100;
/// Tokens between two commas or line ends of one bracket: a longer stretch is no code written by hand.
const MAX_STRETCH: usize = 3_000;

pub(super) fn too_deep(text: &str) -> bool {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut stretches = vec![0_usize];
    let mut blocks = 0_usize;
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return false,
            TokenKind::Indent => blocks += 1,
            TokenKind::Dedent => blocks = blocks.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => stretches.push(0),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace if stretches.len() > 1 => {
                stretches.pop();
                bump(&mut stretches);
            }
            TokenKind::Comma | TokenKind::Newline | TokenKind::Semi => reset(&mut stretches),
            TokenKind::NonLogicalNewline | TokenKind::Comment => {}
            _ => bump(&mut stretches),
        }
        let longest = stretches.last().copied().unwrap_or_default();
        if longest > MAX_STRETCH || stretches.len() + blocks > MAX_OPEN {
            return true;
        }
    }
}

fn bump(stretches: &mut [usize]) {
    if let Some(last) = stretches.last_mut() {
        *last += 1;
    }
}

fn reset(stretches: &mut [usize]) {
    if let Some(last) = stretches.last_mut() {
        *last = 0;
    }
}
