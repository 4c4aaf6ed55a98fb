//! Which expressions are the Spark session, and where it is built.

use super::Job;
use crate::python::{Bound, CallSite, Expr, MethodCall, Ranged, ScopeId, dotted};

/// Aliases of aliases are followed this far.
const MAX_STEPS: u8 = 6;
const SESSION_CLASSES: [&str; 2] = ["pyspark.sql.SparkSession", "pyspark.sql.session.SparkSession"];

impl<'a> Job<'a> {
    pub fn is_session(&self, scope: ScopeId, expr: &Expr) -> bool {
        self.is_session_within(scope, expr, MAX_STEPS)
    }

    /// Every `SparkSession.builder....getOrCreate()` of the file.
    pub fn session_builds(&self) -> Vec<&CallSite<'a>> {
        let builds = |site: &&CallSite<'a>| self.is_build(site.scope, MethodCall::of(site.call));
        self.model.calls.iter().filter(builds).collect()
    }

    /// Whether `expr` is a chain on `SparkSession.builder`.
    pub fn is_builder(&self, scope: ScopeId, expr: &Expr) -> bool {
        self.is_builder_within(scope, expr, MAX_STEPS)
    }

    fn is_session_within(&self, scope: ScopeId, expr: &Expr, steps: u8) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        if self.is_build(scope, MethodCall::of_expr(expr)) {
            return true;
        }
        let Some(name) = dotted(expr) else { return false };
        // Shells and managed platforms bind `spark` before the first line.
        if name == "self.spark" || (name == "spark" && !self.model.is_bound(scope, "spark")) {
            return true;
        }
        let usual = matches!(name.as_str(), "spark" | "session" | "spark_session");
        let Some(binding) = self.model.reaching(scope, &name, expr.start()) else {
            return name == "spark";
        };
        match &binding.bound {
            // `spark = create_session()`: somebody else's function, an honest name.
            Bound::Value(value) if usual && value.is_call_expr() => true,
            Bound::Value(value) => self.is_session_within(binding.made_in, value, steps),
            Bound::Parameter { annotation: Some(annotation), .. } => {
                dotted(annotation).is_some_and(|name| name.ends_with("SparkSession")) || usual
            }
            Bound::Parameter { annotation: None, .. } | Bound::Import(_) => usual,
            _ => false,
        }
    }

    fn is_build(&self, scope: ScopeId, call: Option<MethodCall<'_>>) -> bool {
        call.is_some_and(|call| {
            matches!(call.name, "getOrCreate" | "create") && self.is_builder(scope, call.receiver)
        })
    }

    fn is_builder_within(&self, scope: ScopeId, expr: &Expr, steps: u8) -> bool {
        let Some(fewer) = steps.checked_sub(1) else { return false };
        match expr {
            Expr::Call(call) => MethodCall::of(call)
                .is_some_and(|call| self.is_builder_within(scope, call.receiver, steps)),
            Expr::Attribute(attribute) if attribute.attr.as_str() == "builder" => {
                let class = self.model.qualified(scope, &attribute.value);
                class.is_some_and(|class| SESSION_CLASSES.contains(&class.as_str()))
            }
            Expr::Name(name) => {
                let binding = self.model.reaching(scope, name.id.as_str(), name.range.start());
                binding.is_some_and(|binding| match binding.bound {
                    Bound::Value(value) => self.is_builder_within(binding.made_in, value, fewer),
                    _ => false,
                })
            }
            _ => false,
        }
    }
}
