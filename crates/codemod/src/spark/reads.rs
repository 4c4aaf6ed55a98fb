//! Where inputs become frames, and what their names are.
//!
//! A read inside a small function that only returns it (`def load(path): return spark.read.parquet(path)`)
//! counts where that function is called: there its path is known, and a change there leaves the function
//! as general as it was.

use super::{Job, Pattern};
use crate::python::{
    Bound, CallSite, Expr, ExprCall, InterpolatedStringElement, MethodCall, Operator, Ranged,
    ScopeId, Stmt, StmtFunctionDef, keyword_argument, literal, passed,
};

/// How far constants and concatenations are followed.
const MAX_STEPS: u8 = 8;
const READER_ENDS: [&str; 9] =
    ["parquet", "csv", "json", "orc", "load", "table", "jdbc", "text", "avro"];

/// An expression that yields an input as a frame.
pub(crate) struct Read<'a> {
    /// The call whose value is the frame: the read itself, or the call of the function around it.
    pub call: &'a ExprCall,
    pub name: Pattern,
    /// Whether the read dictates the columns, so that the input's own names never reach the frame.
    pub has_schema: bool,
}

/// What the parameters of a function stand for.
#[derive(Clone, Copy)]
enum Caller<'m, 'a> {
    /// Anything.
    Anyone,
    /// The arguments of this call of this function.
    This(&'a StmtFunctionDef, &'m CallSite<'a>),
    /// The arguments of the only call in the file, where there is only one.
    TheOnly,
}

impl<'a> Job<'a> {
    pub(super) fn find_reads(&self) -> Vec<Read<'a>> {
        let mut reads = Vec::new();
        for site in &self.model.calls {
            if self.reader_call(site.scope, site.call).is_none() {
                continue;
            }
            match self.passed_on_by(site) {
                Some(function) => {
                    let callers = self.model.calls_of(function);
                    reads.extend(
                        callers.map(|caller| {
                            self.read_at(site, caller, Caller::This(function, caller))
                        }),
                    );
                }
                None => reads.push(self.read_at(site, site, Caller::TheOnly)),
            }
        }
        reads.sort_by_key(|read| read.call.range().start());
        reads
    }

    fn read_at(
        &self,
        inner: &CallSite<'a>,
        outer: &CallSite<'a>,
        caller: Caller<'_, 'a>,
    ) -> Read<'a> {
        Read {
            call: outer.call,
            name: self.input_name(inner, caller),
            has_schema: self.dictates_schema(inner.call),
        }
    }

    /// The start of the reader chain, when `call` ends one: `spark.read....parquet(..)`, `spark.table(..)`.
    fn reader_call(&self, scope: ScopeId, call: &'a ExprCall) -> Option<MethodCall<'a>> {
        let method = MethodCall::of(call)?;
        if method.name == "table" && self.is_session(scope, method.receiver) {
            return Some(method);
        }
        if !READER_ENDS.contains(&method.name) {
            return None;
        }
        let mut link = method.receiver;
        loop {
            match link {
                Expr::Call(call) => link = &call.func,
                Expr::Attribute(attribute) if attribute.attr.as_str() == "read" => {
                    return self.is_session(scope, &attribute.value).then_some(method);
                }
                Expr::Attribute(attribute) => link = &attribute.value,
                _ => return None,
            }
        }
    }

    /// The function that only hands a read of its parameter on, and is called in this file.
    fn passed_on_by(&self, site: &CallSite<'a>) -> Option<&'a StmtFunctionDef> {
        let (scope, function) = self.model.function_of(site.scope)?;
        let Stmt::Return(returned) = site.stmt else { return None };
        let returns_it =
            returned.value.as_deref().is_some_and(|value| begins_with(value, site.call));
        let returns = self.model.returns.iter().filter(|(at, _)| *at == scope).count();
        let called = self.model.calls_of(function).next().is_some();
        (returns_it && returns == 1 && called && self.input_name(site, Caller::Anyone).is_open())
            .then_some(function)
    }

    fn input_name(&self, site: &CallSite<'a>, caller: Caller<'_, 'a>) -> Pattern {
        let by_path = site.call.arguments.args.first().or_else(|| {
            ["path", "tableName", "table"].iter().find_map(|name| keyword_argument(site.call, name))
        });
        let named = by_path.or_else(|| option_argument(site.call));
        named.map_or_else(Pattern::unknown, |expr| {
            self.text_within(site.scope, expr, caller, MAX_STEPS)
        })
    }

    fn dictates_schema(&self, call: &ExprCall) -> bool {
        if keyword_argument(call, "schema").is_some() {
            return true;
        }
        // `csv(path, schema)` and `json(path, schema)` take it by position.
        let by_position = MethodCall::of(call).is_some_and(|method| {
            matches!(method.name, "csv" | "json") && call.arguments.args.len() > 1
        });
        by_position || chain_calls(call).any(|method| method.name == "schema")
    }

    /// A string as far as the source tells it.
    fn text_within(
        &self,
        scope: ScopeId,
        expr: &Expr,
        caller: Caller<'_, 'a>,
        steps: u8,
    ) -> Pattern {
        let Some(steps) = steps.checked_sub(1) else { return Pattern::unknown() };
        let follow = |expr: &Expr| self.text_within(scope, expr, caller, steps);
        match expr {
            Expr::StringLiteral(string) => Pattern::known(string.value.to_str()),
            Expr::FString(string) => {
                let mut pieces = string.value.elements().map(|element| match element {
                    InterpolatedStringElement::Literal(piece) => Pattern::known(&*piece.value),
                    InterpolatedStringElement::Interpolation(hole) => follow(&hole.expression),
                });
                let first = pieces.next().unwrap_or_else(|| Pattern::known(""));
                pieces.fold(first, Pattern::then)
            }
            Expr::BinOp(sum) if sum.op == Operator::Add => {
                follow(&sum.left).then(follow(&sum.right))
            }
            Expr::Name(name) => self.named_text(scope, name.id.as_str(), expr, caller, steps),
            Expr::Call(call) => self.joined_path(scope, call, &follow),
            _ => Pattern::unknown(),
        }
    }

    fn named_text(
        &self,
        scope: ScopeId,
        name: &str,
        expr: &Expr,
        caller: Caller<'_, 'a>,
        steps: u8,
    ) -> Pattern {
        let Some(binding) = self.model.reaching(scope, name, expr.start()) else {
            return Pattern::unknown();
        };
        match binding.bound {
            Bound::Value(value) => self.text_within(binding.made_in, value, caller, steps),
            Bound::Parameter { index, .. } => {
                let owner = self.model.scopes[binding.made_in].function;
                self.caller_of(owner, caller)
                    .and_then(|site| Some((site.scope, passed(site.call, index, name)?)))
                    .map_or_else(Pattern::unknown, |(scope, value)| {
                        self.text_within(scope, value, Caller::TheOnly, steps)
                    })
            }
            _ => Pattern::unknown(),
        }
    }

    fn caller_of<'m>(
        &'m self,
        function: Option<&'a StmtFunctionDef>,
        caller: Caller<'m, 'a>,
    ) -> Option<&'m CallSite<'a>> {
        let function = function?;
        match caller {
            Caller::Anyone => None,
            Caller::This(entered, site) if entered.range == function.range => Some(site),
            Caller::This(..) | Caller::TheOnly => {
                let mut sites = self.model.calls_of(function);
                sites.next().filter(|_| sites.next().is_none())
            }
        }
    }

    fn joined_path(
        &self,
        scope: ScopeId,
        call: &ExprCall,
        follow: &dyn Fn(&Expr) -> Pattern,
    ) -> Pattern {
        if self.model.qualified(scope, &call.func).as_deref() != Some("os.path.join") {
            return Pattern::unknown();
        }
        let mut parts = call.arguments.args.iter().map(follow);
        let first = parts.next().unwrap_or_else(Pattern::unknown);
        parts.fold(first, |path, part| path.then(Pattern::known("/")).then(part))
    }
}

/// The calls of the chain that `call` ends, from its end to its start.
pub(crate) fn chain_calls<'a>(call: &'a ExprCall) -> impl Iterator<Item = MethodCall<'a>> {
    let mut next = MethodCall::of(call);
    std::iter::from_fn(move || {
        let current = next?;
        next = MethodCall::of_expr(current.receiver).or_else(|| match current.receiver {
            Expr::Attribute(attribute) => MethodCall::of_expr(&attribute.value),
            _ => None,
        });
        Some(current)
    })
}

/// `.option("dbtable", x)` and its kin, for readers that take no path.
fn option_argument(call: &ExprCall) -> Option<&Expr> {
    chain_calls(call).find_map(|method| {
        let [key, value] = &*method.call.arguments.args else { return None };
        let names_input =
            literal(key).is_some_and(|key| matches!(key, "path" | "dbtable" | "table"));
        (method.name == "option" && names_input).then_some(value)
    })
}

/// Whether `expr` is `call` or a chain of methods on it.
fn begins_with(expr: &Expr, call: &ExprCall) -> bool {
    let mut link = expr;
    loop {
        if link.range() == call.range() {
            return true;
        }
        match MethodCall::of_expr(link) {
            Some(method) => link = method.receiver,
            None => return false,
        }
    }
}
