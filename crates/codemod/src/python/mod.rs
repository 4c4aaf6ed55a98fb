//! The one door to the Python parser: nothing outside this folder names its crates.
//!
//! The parser's interface is unstable and its version pinned, so what the rest of the crate may use is
//! listed here and an upgrade is a change to this folder. It resolves names; it knows nothing of Spark.

mod source;
mod nesting;
mod scopes;
mod collect;
mod compare;

pub(crate) use ruff_python_ast::token::TokenKind;
pub(crate) use ruff_python_ast::{
    CmpOp, Expr, ExprCall, ExprLambda, ExprName, InterpolatedStringElement, Operator, Stmt,
    StmtFunctionDef, StmtImportFrom,
};
pub(crate) use ruff_text_size::{Ranged, TextRange, TextSize};

pub(crate) use self::compare::{
    holds_statements, kept_tokens, simple_statements, statements_equal,
};
pub(crate) use self::scopes::{Bound, CallSite, Model, ScopeId, ScopeKind};
pub(crate) use self::source::Source;
pub use self::source::Unreadable;

/// `a`, `a.b`, `a.b.c` as written; nothing for any other expression.
pub(crate) fn dotted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Attribute(attribute) => {
            Some(format!("{}.{}", dotted(&attribute.value)?, attribute.attr.id))
        }
        _ => None,
    }
}

/// The text of a plain string literal; nothing for bytes, f-strings and everything else.
pub(crate) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(string) => Some(string.value.to_str()),
        _ => None,
    }
}

/// A call of a method or function reached by a dot: `receiver.name(...)`.
#[derive(Clone, Copy)]
pub(crate) struct MethodCall<'a> {
    pub call: &'a ExprCall,
    pub receiver: &'a Expr,
    pub name: &'a str,
    /// Where the bare method name stands.
    pub name_range: TextRange,
}

impl<'a> MethodCall<'a> {
    pub fn of(call: &'a ExprCall) -> Option<Self> {
        let Expr::Attribute(attribute) = &*call.func else { return None };
        Some(Self {
            call,
            receiver: &attribute.value,
            name: attribute.attr.id.as_str(),
            name_range: attribute.attr.range,
        })
    }

    pub fn of_expr(expr: &'a Expr) -> Option<Self> {
        match expr {
            Expr::Call(call) => Self::of(call),
            _ => None,
        }
    }
}

/// The argument at `position`, or the one passed as `keyword`.
pub(crate) fn argument<'a>(call: &'a ExprCall, position: usize, keyword: &str) -> Option<&'a Expr> {
    call.arguments.args.get(position).or_else(|| keyword_argument(call, keyword))
}

pub(crate) fn keyword_argument<'a>(call: &'a ExprCall, keyword: &str) -> Option<&'a Expr> {
    call.arguments
        .keywords
        .iter()
        .find(|k| k.arg.as_ref().is_some_and(|name| name.as_str() == keyword))
        .map(|k| &k.value)
}

/// What a call of a function of this file passes for its parameter at `index`.
pub(crate) fn passed<'a>(call: &'a ExprCall, index: usize, name: &str) -> Option<&'a Expr> {
    // `self.load(x)` passes its receiver first.
    let bound = dotted(&call.func).is_some_and(|callee| callee.starts_with("self."));
    if has_starred(call) {
        return None;
    }
    argument(call, index.checked_sub(usize::from(bound))?, name)
}

/// Whether an argument list hides what it passes: `f(*args)` or `f(**kwargs)`.
pub(crate) fn has_starred(call: &ExprCall) -> bool {
    call.arguments.args.iter().any(Expr::is_starred_expr)
        || call.arguments.keywords.iter().any(|k| k.arg.is_none())
}
