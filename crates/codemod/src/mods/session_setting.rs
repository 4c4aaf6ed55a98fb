//! A runtime setting has the wrong value for this job: set it where the session is built.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{
    CallSite, Expr, MethodCall, Ranged, Stmt, TextRange, argument, dotted, has_starred, literal,
};
use crate::request::SessionSetting;
use crate::spark::settings::{self, Setting, When};
use crate::spark::{Job, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "session_setting",
    title: "set a runtime setting where the session is built",
    sees: "An error that names the setting it wants, or a setting in the job that switches off what would \
           have helped (adaptive execution, its skew join).",
    hurts: "The job fails, or crawls, for a choice that Spark makes right by default or cannot make alone.",
    before: include_str!("../../fixtures/session_setting/example/before.py"),
    after: include_str!("../../fixtures/session_setting/example/after.py"),
    how_safe: "To be weighed by a person: the setting holds for everything the session does. Keys and \
               values are checked against the Spark version, because Spark accepts unknown keys in silence.",
    when_wrong: "For memory, cores, serializers and other settings that are fixed when the application \
                 starts: those are refused, with the place where they belong. Refused too when the value \
                 is already Spark's default, which a line in the job would only repeat.",
};

/// Lines longer than this become a statement of their own.
const LINE_WIDTH: usize = 100;

/// A call that gives the key a value.
enum Written<'a> {
    Value(&'a CallSite<'a>, &'a Expr),
    Hidden(u32),
}

pub(crate) fn plan(job: &Job<'_>, ask: &SessionSetting) -> Result<Change, Stop> {
    let setting = check_key(ask)?;
    let written = writings(job, &ask.key);
    let (edit, why_here) = match written.as_slice() {
        [] => {
            mentioned_otherwise(job, &ask.key)?;
            if setting.default_on(ask.spark) == Some(ask.value.as_str()) {
                return Stop::refused(format!(
                    "`{}` is {} by default and nothing in this file changes it: if the run had another \
                     value, it came from the launch configuration",
                    ask.key, ask.value
                ));
            }
            added(job, ask)?
        }
        [Written::Value(site, value)] => changed(job, ask, site, value)?,
        [Written::Hidden(line)] => {
            return Stop::refused(format!(
                "line {line} sets `{}` in a way we do not follow",
                ask.key
            ));
        }
        several => {
            let lines = several.iter().map(|one| match one {
                Written::Value(site, _) => job.line(site.call),
                Written::Hidden(line) => *line,
            });
            return Stop::refused(format!(
                "`{}` is set in several places ({})",
                ask.key,
                listed(lines)
            ));
        }
    };
    let why = explain(ask, setting, why_here);
    Ok(Change { edits: vec![edit], why, applicability: Applicability::Unsafe })
}

fn explain(ask: &SessionSetting, setting: &Setting, why_here: String) -> Explanation {
    let before = setting
        .default_on(ask.spark)
        .map_or_else(String::new, |d| format!(" Spark's default is {d}."));
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here,
        what_changes: format!("`{}` is `{}` for this session.{before}", ask.key, ask.value),
        what_it_does_not_fix: "The setting holds for every query of the session, also for those that did \
                               well without it; and a later `conf.set` or SQL `SET` elsewhere wins over it."
            .to_owned(),
        how_to_undo: "Revert the commit; nothing is stored outside the session.".to_owned(),
    }
}

fn check_key(ask: &SessionSetting) -> Result<&'static Setting, Stop> {
    let Some(setting) = settings::find(&ask.key) else {
        if settings::is_launch_family(&ask.key) {
            return Stop::refused(at_launch(&ask.key, &ask.value));
        }
        return Stop::refused(format!(
            "`{}` is no setting we know, and Spark would accept a misspelt key in silence",
            ask.key
        ));
    };
    if setting.when == When::Launch {
        return Stop::refused(at_launch(&ask.key, &ask.value));
    }
    if ask.spark < setting.since {
        return Stop::refused(format!("`{}` does not exist in the job's Spark version", ask.key));
    }
    if !setting.value.accepts(&ask.value) {
        return Stop::refused(format!("`{}` is no value of `{}`", ask.value, ask.key));
    }
    Ok(setting)
}

fn at_launch(key: &str, value: &str) -> String {
    format!(
        "`{key}` is fixed when the application starts: set it where the job is launched \
         (`spark-submit --conf {key}={value}`, the `conf` of the Airflow operator, or the \
         `sparkConf` of the SparkApplication), not in the job"
    )
}

fn writings<'j>(job: &'j Job<'_>, key: &str) -> Vec<Written<'j>> {
    let mut found = Vec::new();
    for site in &job.model.calls {
        let Some(method) = MethodCall::of(site.call) else { continue };
        let names_key = argument(site.call, 0, "key").and_then(literal) == Some(key);
        if !names_key || !matches!(method.name, "config" | "set" | "setIfMissing" | "setConf") {
            continue;
        }
        found.push(match argument(site.call, 1, "value") {
            Some(value) if !has_starred(site.call) => Written::Value(site, value),
            _ => Written::Hidden(job.line(site.call)),
        });
    }
    found
}

/// A key in a dictionary, a loop over pairs or SQL: it may be set there, and we would set it twice.
fn mentioned_otherwise(job: &Job<'_>, key: &str) -> Result<(), Stop> {
    let mention = job.model.strings.iter().find(|piece| {
        let rest = piece.text.split_once(key).map(|(_, rest)| rest);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.'))
    });
    match mention {
        Some(piece) => Stop::refused(format!(
            "line {} mentions `{key}` in a way we do not follow",
            job.source.line(piece.range.start())
        )),
        None => Ok(()),
    }
}

fn changed(
    job: &Job<'_>,
    ask: &SessionSetting,
    site: &CallSite<'_>,
    value: &Expr,
) -> Result<(Edit, String), Stop> {
    let line = job.line(site.call);
    let said = job.source.slice(value.range());
    if said.trim_matches(['"', '\'']).eq_ignore_ascii_case(&ask.value) {
        return Stop::already(format!("line {line} sets `{}` to {said} already", ask.key));
    }
    let text = match value {
        Expr::BooleanLiteral(_) if ask.value == "true" => "True".to_owned(),
        Expr::BooleanLiteral(_) if ask.value == "false" => "False".to_owned(),
        Expr::NumberLiteral(_) if ask.value.parse::<i64>().is_ok() => ask.value.clone(),
        Expr::StringLiteral(_) | Expr::BooleanLiteral(_) | Expr::NumberLiteral(_) => {
            job.source.quoted(&ask.value)
        }
        _ => {
            return Stop::refused(format!("line {line} sets `{}` from a computed value", ask.key));
        }
    };
    let why = format!("Line {line} sets `{}` to {said}; that is the value to change.", ask.key);
    Ok((Edit::replace(value.range(), text), why))
}

fn added(job: &Job<'_>, ask: &SessionSetting) -> Result<(Edit, String), Stop> {
    let site = the_session(job, ask)?;
    let why = format!("Line {} builds the job's session.", job.line(site.call));
    let (key, value) = (job.source.quoted(&ask.key), job.source.quoted(&ask.value));
    let Some(dot) = job.dot_of(site.call) else {
        return Stop::refused("the session is built without a chain");
    };
    let link = format!(".config({key}, {value})");
    if job.source.indent_if_first(dot).is_none()
        && line_length(job, site.call.range()) + link.len() > LINE_WIDTH
        && let Some((variable, indent)) = assigned_alone(job, site)
    {
        // A long one-line chain stays as it is; SQL settings may follow the session as well.
        let statement = format!("{}{indent}{variable}.conf.set({key}, {value})", job.source.eol());
        let end = job.source.line_end(site.stmt.end());
        return Ok((Edit::insert(end, statement), why));
    }
    Ok((job.link_before(dot, &link), why))
}

fn the_session<'j, 'a>(job: &'j Job<'a>, ask: &SessionSetting) -> Result<&'j CallSite<'a>, Stop> {
    let mut builds = job.session_builds();
    if builds.len() > 1
        && let Some(line) = job.line_of(&ask.seen)
    {
        keep_nearest(job, &mut builds, line);
    }
    match builds.as_slice() {
        [only] => Ok(only),
        [] => Stop::refused(format!(
            "the session is not built in this file: set `{}` where it is, or where the job is launched",
            ask.key
        )),
        several => Stop::refused(format!(
            "several sessions are built in this file ({})",
            listed(several.iter().map(|site| job.line(site.call)))
        )),
    }
}

/// The session built in the innermost function around the line, when that builds one.
fn keep_nearest(job: &Job<'_>, builds: &mut Vec<&CallSite<'_>>, line: u32) {
    let scopes = job.model.scopes.iter().enumerate().filter(|(id, _)| *id != 0);
    let innermost = scopes
        .filter(|(_, scope)| job.is_on_line(scope.range, line))
        .min_by_key(|(_, scope)| scope.range.len());
    let mut scope = Some(innermost.map_or(0, |(id, _)| id));
    while let Some(id) = scope {
        if builds.iter().filter(|site| site.scope == id).count() == 1 {
            builds.retain(|site| site.scope == id);
            return;
        }
        scope = job.model.scopes[id].parent;
    }
}

fn line_length(job: &Job<'_>, range: TextRange) -> usize {
    job.source.line_text(job.source.line(range.end())).map_or(0, |text| text.chars().count())
}

/// `spark = <build>` with nothing else on its line.
fn assigned_alone<'j>(job: &'j Job<'_>, site: &CallSite<'_>) -> Option<(String, &'j str)> {
    let Stmt::Assign(assign) = site.stmt else { return None };
    let [target] = assign.targets.as_slice() else { return None };
    let whole = assign.value.range() == site.call.range() && job.source.ends_its_line(assign.range);
    let indent = job.source.indent_if_first(assign.range.start())?;
    whole.then_some(())?;
    Some((dotted(target)?, indent))
}
