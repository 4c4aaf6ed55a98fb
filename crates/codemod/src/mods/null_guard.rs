//! A Python function of one argument raises on NULL: let NULL in be NULL out.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{Expr, ExprLambda, Ranged, ScopeId, Stmt, StmtFunctionDef};
use crate::request::NullGuard;
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "null_guard",
    title: "let a Python function answer NULL with NULL",
    sees: "A Python function of one argument that raised because it was given None.",
    hurts: "One NULL stops the whole job.",
    before: include_str!("../../fixtures/null_guard/example/before.py"),
    after: include_str!("../../fixtures/null_guard/example/after.py"),
    how_safe: "To be weighed by a person: rows with NULL now get NULL, as Spark's own functions would give.",
    when_wrong: "When NULL should not be there at all, or has a meaning of its own. Refused for several \
                 arguments, defaults and pandas functions.",
};

/// A function that Spark calls once per row.
enum Guarded<'a> {
    Function(&'a StmtFunctionDef),
    Lambda(&'a ExprLambda),
}

pub(crate) fn plan(job: &Job<'_>, ask: &NullGuard) -> Result<Change, Stop> {
    let (guarded, line) = find(job, ask)?;
    let argument = only_argument(&guarded, line)?;
    let edit = match guarded {
        Guarded::Function(function) => guard_function(job, function, argument)?,
        Guarded::Lambda(lambda) => guard_lambda(job, lambda, argument)?,
    };
    let why = explain(ask, argument, line);
    Ok(Change { edits: vec![edit], why, applicability: Applicability::Unsafe })
}

fn explain(ask: &NullGuard, argument: &str, line: u32) -> Explanation {
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!(
            "The function at line {line} is the one that raised; it only takes `{argument}`."
        ),
        what_changes:
            "A row with NULL in the column gets NULL from the function instead of stopping the \
                       job."
                .to_owned(),
        what_it_does_not_fix:
            "The NULLs are still in the input. Whoever reads the result must bear them, \
                               and other values that the function does not expect raise as before."
                .to_owned(),
        how_to_undo: "Revert the commit.".to_owned(),
    }
}

fn find<'a>(job: &Job<'a>, ask: &NullGuard) -> Result<(Guarded<'a>, u32), Stop> {
    let line = job.line_of(&ask.seen);
    let there = |range| line.is_none_or(|line| job.is_on_line(range, line));
    let named = |name: &str| ask.function.as_deref().is_none_or(|wanted| wanted == name);
    let mut found = Vec::new();
    for (function, scope) in &job.model.functions {
        let meant = named(function.name.as_str()) && there(function.range);
        if meant && is_udf(job, *scope, function) {
            found.push((Guarded::Function(function), job.source.line(function.name.range.start())));
        }
    }
    for site in &job.model.calls {
        if let Some(Expr::Lambda(lambda)) = site.call.arguments.args.first()
            && job.is_function(site.scope, site.call, "udf")
            && named("<lambda>")
            && there(lambda.range)
        {
            found.push((Guarded::Lambda(lambda), job.line(lambda)));
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Stop::refused("no row-wise UDF there"),
        (Some(last), false) => Stop::refused(format!(
            "several UDFs may be meant ({})",
            listed(found.iter().map(|(_, line)| *line).chain([last.1]))
        )),
    }
}

/// Decorated with `udf`, or handed to it.
fn is_udf(job: &Job<'_>, scope: ScopeId, function: &StmtFunctionDef) -> bool {
    let is_udf_name = |expr: &Expr| {
        job.model.qualified(scope, expr).is_some_and(|full| full == "pyspark.sql.functions.udf")
    };
    let decorated = function.decorator_list.iter().any(|decorator| match &decorator.expression {
        Expr::Call(call) => is_udf_name(&call.func),
        bare => is_udf_name(bare),
    });
    let handed = job.model.calls.iter().any(|site| {
        let Some(Expr::Name(name)) = site.call.arguments.args.first() else { return false };
        job.is_function(site.scope, site.call, "udf")
            && job.model.names_function(site.scope, name, function)
    });
    decorated || handed
}

fn only_argument<'a>(guarded: &Guarded<'a>, line: u32) -> Result<&'a str, Stop> {
    let parameters = match guarded {
        Guarded::Function(function) => Some(&*function.parameters),
        Guarded::Lambda(lambda) => lambda.parameters.as_deref(),
    };
    if let Some(parameters) = parameters
        && let [only] = parameters.args.as_slice()
        && parameters.posonlyargs.is_empty()
        && parameters.kwonlyargs.is_empty()
        && parameters.vararg.is_none()
        && parameters.kwarg.is_none()
        && only.default.is_none()
    {
        return Ok(only.parameter.name.as_str());
    }
    Stop::refused(format!(
        "the function at line {line} does not take exactly one argument without a default"
    ))
}

fn guard_function(job: &Job<'_>, function: &StmtFunctionDef, name: &str) -> Result<Edit, Stop> {
    let docstring = function.body.first().is_some_and(
        |stmt| matches!(stmt, Stmt::Expr(expr) if expr.value.is_string_literal_expr()),
    );
    let Some(first) = function.body.get(usize::from(docstring)) else {
        return Stop::refused("the function has no code");
    };
    if let Stmt::If(already) = first
        && job.source.slice(already.test.range()) == format!("{name} is None")
    {
        return Stop::already(format!("line {} answers None already", job.line(first)));
    }
    if function.is_async || holds_yield(job, function) {
        return Stop::refused("the function is a generator or a coroutine");
    }
    let (Some(indent), Some(outer)) = (
        job.source.indent_if_first(first.start()),
        job.source.indent_if_first(function_start(function)),
    ) else {
        return Stop::refused("the function's code stands on the line of its name");
    };
    let step = indent.strip_prefix(outer).filter(|step| !step.is_empty()).unwrap_or("    ");
    let eol = job.source.eol();
    let guard = format!("if {name} is None:{eol}{indent}{step}return None{eol}{indent}");
    Ok(Edit::insert(first.start(), guard))
}

fn guard_lambda(job: &Job<'_>, lambda: &ExprLambda, name: &str) -> Result<Edit, Stop> {
    let body = job.source.slice(lambda.body.range());
    if body.starts_with(&format!("None if {name} is None ")) {
        return Stop::already(format!("line {} answers None already", job.line(lambda)));
    }
    Ok(Edit::insert(lambda.body.start(), format!("None if {name} is None else ")))
}

/// Where `def` stands, behind the decorators.
fn function_start(function: &StmtFunctionDef) -> crate::python::TextSize {
    function.decorator_list.first().map_or(function.range.start(), Ranged::start)
}

fn holds_yield(job: &Job<'_>, function: &StmtFunctionDef) -> bool {
    job.model.yields.iter().any(|range| function.range.contains_range(*range))
}
