//! Which reads a frame is made of, from left to right as a printed plan shows them.

use super::Job;
use super::functions::is_function;
use crate::python::{
    Bound, Expr, ExprCall, MethodCall, Ranged, ScopeId, StmtFunctionDef, dotted, keyword_argument,
    passed,
};

/// Expressions looked at for one question; frames joined to themselves in a row double the work each time.
const MAX_LOOKS: u32 = 400;
/// Expressions looked at for all questions about one file.
pub(super) const MAX_LOOKS_IN_ALL: u32 = 20_000;
/// Assignments, chains and calls followed below one another.
const MAX_DEPTH: u8 = 60;

/// The inputs of a frame.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Indexes into the job's reads; an input used twice stands twice.
    pub reads: Vec<usize>,
    /// Whether some part could not be followed.
    pub has_gaps: bool,
}

struct Tracing {
    lineage: Lineage,
    looks: u32,
}

impl<'a> Job<'a> {
    pub fn lineage(&self, scope: ScopeId, expr: &Expr) -> Lineage {
        let mut tracing = Tracing { lineage: Lineage::default(), looks: MAX_LOOKS };
        self.trace(scope, expr, MAX_DEPTH, &mut tracing);
        tracing.lineage
    }

    fn trace(&self, scope: ScopeId, expr: &Expr, depth: u8, tracing: &mut Tracing) {
        let left = self.looks_left.get();
        if depth == 0 || tracing.looks == 0 || left == 0 {
            tracing.lineage.has_gaps = true;
            return;
        }
        tracing.looks -= 1;
        self.looks_left.set(left - 1);
        match expr {
            Expr::Call(call) => self.trace_call(scope, call, depth - 1, tracing),
            Expr::Name(_) | Expr::Attribute(_) => self.trace_name(scope, expr, depth - 1, tracing),
            _ => tracing.lineage.has_gaps = true,
        }
    }

    fn trace_call(&self, scope: ScopeId, call: &ExprCall, depth: u8, tracing: &mut Tracing) {
        if let Some(index) = self.reads.iter().position(|read| read.call.range() == call.range()) {
            tracing.lineage.reads.push(index);
            return;
        }
        if is_function(&self.model, scope, call, "broadcast") {
            if let Some(frame) = call.arguments.args.first() {
                self.trace(scope, frame, depth, tracing);
            }
            return;
        }
        if let Some(function) = self.model.callee(scope, call) {
            return self.trace_function(function, depth, tracing);
        }
        let Some(method) = MethodCall::of(call) else {
            tracing.lineage.has_gaps = true;
            return;
        };
        self.trace(scope, method.receiver, depth, tracing);
        if let Some(other) = other_frame(&method) {
            self.trace(scope, other, depth, tracing);
        }
    }

    fn trace_function(&self, function: &StmtFunctionDef, depth: u8, tracing: &mut Tracing) {
        let inside = |scope: ScopeId| {
            self.model.scopes[scope].function.is_some_and(|f| f.range == function.range)
        };
        let mut returned = false;
        for (scope, value) in self.model.returns.iter().filter(|(scope, _)| inside(*scope)) {
            returned = true;
            self.trace(*scope, value, depth, tracing);
        }
        tracing.lineage.has_gaps |= !returned;
    }

    fn trace_name(&self, scope: ScopeId, expr: &Expr, depth: u8, tracing: &mut Tracing) {
        let binding = dotted(expr).and_then(|n| self.model.reaching(scope, &n, expr.start()));
        let Some(binding) = binding else {
            tracing.lineage.has_gaps = true;
            return;
        };
        match binding.bound {
            Bound::Value(value) if value.range() != expr.range() => {
                self.trace(binding.made_in, value, depth, tracing);
            }
            Bound::Parameter { index, .. } => {
                let function = self.model.scopes[binding.made_in].function;
                let name = dotted(expr).unwrap_or_default();
                self.trace_argument(function, index, &name, depth, tracing);
            }
            _ => tracing.lineage.has_gaps = true,
        }
    }

    /// What the only caller passes; several callers make several frames.
    fn trace_argument(
        &self,
        function: Option<&StmtFunctionDef>,
        index: usize,
        name: &str,
        depth: u8,
        tracing: &mut Tracing,
    ) {
        let sites: Vec<_> = function.map(|f| self.model.calls_of(f).collect()).unwrap_or_default();
        let value = match sites.as_slice() {
            [site] => passed(site.call, index, name).map(|value| (site.scope, value)),
            _ => None,
        };
        match value {
            Some((scope, value)) => self.trace(scope, value, depth, tracing),
            None => tracing.lineage.has_gaps = true,
        }
    }
}

/// The second frame of a call that takes two.
fn other_frame<'a>(method: &MethodCall<'a>) -> Option<&'a Expr> {
    let takes_frame = matches!(
        method.name,
        "join"
            | "crossJoin"
            | "union"
            | "unionAll"
            | "unionByName"
            | "intersect"
            | "intersectAll"
            | "exceptAll"
            | "subtract"
    );
    takes_frame.then(|| {
        method.call.arguments.args.first().or_else(|| keyword_argument(method.call, "other"))
    })?
}
