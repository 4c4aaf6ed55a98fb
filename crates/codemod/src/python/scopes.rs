//! Which binding a name means at a place: scopes, bindings, imports, and where calls and strings stand.
//!
//! It answers "I cannot tell" (nothing) whenever branches, loops or globals leave more than one binding
//! possible; callers refuse then. It follows no attribute except `self.x` of one class.

use std::collections::BTreeMap;

use super::{Expr, ExprCall, ExprName, Ranged, Stmt, StmtFunctionDef, TextRange, TextSize, dotted};

pub(crate) type ScopeId = usize;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    Function,
    /// A lambda or comprehension.
    Expression,
}

pub(crate) struct Scope<'a> {
    pub parent: Option<ScopeId>,
    pub kind: ScopeKind,
    pub range: TextRange,
    pub function: Option<&'a StmtFunctionDef>,
}

#[derive(Clone)]
pub(crate) enum Bound<'a> {
    /// The full dotted name; nothing for relative imports.
    Import(Option<String>),
    Value(&'a Expr),
    Parameter {
        index: usize,
        annotation: Option<&'a Expr>,
    },
    Function(&'a StmtFunctionDef),
    Other,
}

#[derive(Clone)]
pub(crate) struct Binding<'a> {
    pub bound: Bound<'a>,
    /// The scope whose code made the binding; its value means what it means there.
    pub made_in: ScopeId,
    pub end: TextSize,
    /// The branch or loop body it stands in, where it may not have run.
    pub branch: Option<TextRange>,
    /// The outermost loop it stands in, whose next turn sees it from the start.
    pub turns: Option<TextRange>,
}

pub(crate) struct CallSite<'a> {
    pub call: &'a ExprCall,
    pub scope: ScopeId,
    /// The innermost statement around the call.
    pub stmt: &'a Stmt,
}

/// A piece of text inside a string or f-string; docstrings are left out.
pub(crate) struct StringPiece {
    pub range: TextRange,
    pub text: String,
}

/// A place where a name is read.
pub(crate) struct Load<'a> {
    pub name: &'a str,
    pub range: TextRange,
}

#[derive(Default)]
pub(crate) struct Model<'a> {
    pub scopes: Vec<Scope<'a>>,
    pub bindings: BTreeMap<String, BTreeMap<ScopeId, Vec<Binding<'a>>>>,
    pub calls: Vec<CallSite<'a>>,
    pub strings: Vec<StringPiece>,
    pub attributes: Vec<(TextRange, &'a str)>,
    pub loads: Vec<Load<'a>>,
    pub functions: Vec<(&'a StmtFunctionDef, ScopeId)>,
    /// Modules named in `from m import *`, with the end of the import.
    pub stars: Vec<(String, TextSize)>,
    pub returns: Vec<(ScopeId, &'a Expr)>,
    /// `for` and `while` statements.
    pub loops: Vec<&'a Stmt>,
    pub yields: Vec<TextRange>,
    pub subscripts: Vec<TextRange>,
}

impl<'a> Model<'a> {
    /// Whether any scope of the file binds `name`.
    pub fn binds_anywhere(&self, name: &str) -> bool {
        self.bindings.contains_key(name)
    }

    /// Whether code in `scope` sees a binding of `name`, known or not.
    pub fn is_bound(&self, scope: ScopeId, name: &str) -> bool {
        self.visible(scope, name).is_some()
    }

    /// The one binding that `name` has at `at` in `scope`.
    pub fn reaching(&self, scope: ScopeId, name: &str, at: TextSize) -> Option<&Binding<'a>> {
        if name.starts_with("self.") {
            return self.of_self(scope, name);
        }
        let (owner, all) = self.visible(scope, name)?;
        let same = owner == scope;
        let seen: Vec<&Binding<'a>> = all.iter().filter(|b| !same || b.end <= at).collect();
        let chosen = *seen.last()?;
        if same {
            return self.settled(chosen, &seen, all, at);
        }
        // Code of an inner scope runs at a time we do not know: any of several values may be in place.
        let imports_only = seen.iter().all(|b| matches!(b.bound, Bound::Import(_)));
        (seen.len() == 1 || (imports_only && chosen.branch.is_none())).then_some(chosen)
    }

    /// The full dotted name of `expr`, through imports.
    pub fn qualified(&self, scope: ScopeId, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Name(name) => {
                match &self.reaching(scope, name.id.as_str(), name.range.start())?.bound {
                    Bound::Import(full) => full.clone(),
                    _ => None,
                }
            }
            Expr::Attribute(attribute) => {
                let head = self.qualified(scope, &attribute.value)?;
                Some(format!("{head}.{}", attribute.attr.id))
            }
            _ => None,
        }
    }

    /// Everything written as `x.name` or `x[key]`.
    pub fn accesses(&self) -> impl Iterator<Item = TextRange> {
        self.attributes.iter().map(|(range, _)| *range).chain(self.subscripts.iter().copied())
    }

    /// Whether `name` certainly means `function`.
    pub fn names_function(
        &self,
        scope: ScopeId,
        name: &ExprName,
        function: &StmtFunctionDef,
    ) -> bool {
        let binding = self.reaching(scope, name.id.as_str(), name.range.start());
        binding.is_some_and(|b| matches!(b.bound, Bound::Function(f) if f.range == function.range))
    }

    /// The function of this file that a call certainly runs.
    pub fn callee(&self, scope: ScopeId, call: &ExprCall) -> Option<&'a StmtFunctionDef> {
        let name = dotted(&call.func)?;
        let found = if let Some(method) = name.strip_prefix("self.") {
            let class = self.class_of(scope)?;
            let all = self.bindings.get(method)?.get(&class)?;
            if all.len() == 1 { all.first() } else { None }
        } else {
            self.reaching(scope, &name, call.start())
        };
        match found?.bound {
            Bound::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Every call in the file that certainly runs `function`.
    pub fn calls_of(&self, function: &StmtFunctionDef) -> impl Iterator<Item = &CallSite<'a>> {
        self.calls.iter().filter(move |site| {
            self.callee(site.scope, site.call).is_some_and(|f| f.range == function.range)
        })
    }

    /// The innermost function around `scope`, itself included.
    pub fn function_of(&self, scope: ScopeId) -> Option<(ScopeId, &'a StmtFunctionDef)> {
        let mut at = Some(scope);
        while let Some(id) = at {
            if let Some(function) = self.scopes[id].function {
                return Some((id, function));
            }
            at = self.scopes[id].parent;
        }
        None
    }

    fn settled<'m>(
        &'m self,
        chosen: &'m Binding<'a>,
        seen: &[&'m Binding<'a>],
        all: &[Binding<'a>],
        at: TextSize,
    ) -> Option<&'m Binding<'a>> {
        let certain = chosen.branch.is_none_or(|branch| branch.contains(at));
        if !certain && seen.len() > 1 {
            return None;
        }
        let from_an_earlier_turn = all.iter().any(|later| {
            later.end > at
                && later
                    .turns
                    .is_some_and(|turns| turns.contains(at) && !turns.contains(chosen.end))
        });
        (!from_an_earlier_turn).then_some(chosen)
    }

    fn visible(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, &[Binding<'a>])> {
        let by_scope = self.bindings.get(name)?;
        let mut at = scope;
        loop {
            // The body of a class is not visible from the functions in it.
            let hidden = self.scopes[at].kind == ScopeKind::Class && at != scope;
            if let (false, Some(all)) = (hidden, by_scope.get(&at)) {
                return Some((at, all));
            }
            at = self.scopes[at].parent?;
        }
    }

    fn of_self(&self, scope: ScopeId, name: &str) -> Option<&Binding<'a>> {
        let class = self.class_of(scope)?;
        match self.bindings.get(name)?.get(&class)?.as_slice() {
            [only] if only.branch.is_none() => Some(only),
            _ => None,
        }
    }

    fn class_of(&self, scope: ScopeId) -> Option<ScopeId> {
        let mut at = scope;
        while self.scopes[at].kind != ScopeKind::Class {
            at = self.scopes[at].parent?;
        }
        Some(at)
    }
}
