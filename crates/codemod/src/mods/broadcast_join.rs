//! A skewed or slow shuffle join with one small side: send that side to every executor.

use super::{Change, Codemod, Stop};
use crate::edit::Edit;
use crate::outcome::{Applicability, Explanation};
use crate::python::{
    Bound, CallSite, Expr, MethodCall, Ranged, ScopeId, argument, dotted, has_starred,
    keyword_argument, literal,
};
use crate::request::{BroadcastJoin, SideSize};
use crate::spark::{Job, Match, listed};

pub(crate) const CODEMOD: Codemod = Codemod {
    name: "broadcast_join",
    title: "send the small side of a join to every executor",
    sees: "A sort-merge join whose tasks differ by an order of magnitude, with one side that the plan or \
           the metrics measured to be small.",
    hurts: "All rows of a hot key go through one task: it runs for hours, spills or dies, while the other \
            executors wait.",
    before: include_str!("../../fixtures/broadcast_join/example/before.py"),
    after: include_str!("../../fixtures/broadcast_join/example/after.py"),
    how_safe: "The rows are the same. Every executor and the driver hold the small side in memory: safe to \
               32 MiB, to be weighed by a person to 200 MiB, refused above.",
    when_wrong: "When the side grows with time. Refused without a measured size, on the side that must be \
                 kept whole by an outer join, for full outer joins, and when `how` is not written as text.",
};

const MIB: u64 = 1 << 20;
/// A side of this size hurts nobody.
const SAFE_BYTES: u64 = 32 * MIB;
/// Far below Spark's own 8 GiB: the side is collected on the driver first.
const MOST_BYTES: u64 = 200 * MIB;

/// A join of two frames, one of which holds the small input.
struct Join<'a> {
    site_scope: ScopeId,
    method: MethodCall<'a>,
    side: Side,
    small: &'a Expr,
    /// Whether the small side is the input alone, and not already joined with others.
    alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Left,
    Right,
}

pub(crate) fn plan(job: &Job<'_>, ask: &BroadcastJoin) -> Result<Change, Stop> {
    let size = measured(ask)?;
    let join = find_join(job, ask)?;
    let line = job.line(join.method.call);
    if is_hinted(job, join.site_scope, join.small, 6) {
        return Stop::already(format!("`{}` is already broadcast at line {line}", ask.side));
    }
    if !join.alone {
        return Stop::refused(format!(
            "the side with `{}` at line {line} is itself a join or cannot be followed; its size is not \
             that of the input",
            ask.side
        ));
    }
    let how = join_type(job, &join)?;
    legal(&how, join.side, line)?;
    let edits = wrap(job, &join)?;
    Ok(Change {
        edits,
        why: explain(job, ask, &join, &how, size),
        applicability: if size.bytes() <= SAFE_BYTES {
            Applicability::Safe
        } else {
            Applicability::Unsafe
        },
    })
}

fn measured(ask: &BroadcastJoin) -> Result<SideSize, Stop> {
    match ask.size {
        None => Stop::refused(format!(
            "the size of `{}` is unknown: broadcasting blind can turn a slow join into a dead driver",
            ask.side
        )),
        Some(size) if size.bytes() > MOST_BYTES => Stop::refused(format!(
            "`{}` has {} MiB, more than the {} MiB that we broadcast",
            ask.side,
            size.bytes() / MIB,
            MOST_BYTES / MIB
        )),
        Some(size) => Ok(size),
    }
}

fn explain(
    job: &Job<'_>,
    ask: &BroadcastJoin,
    join: &Join<'_>,
    how: &str,
    size: SideSize,
) -> Explanation {
    let (bytes, from) = match size {
        SideSize::Plan(bytes) => (bytes, "the plan"),
        SideSize::Metrics(bytes) => (bytes, "the metrics"),
    };
    let mib = bytes.div_ceil(MIB);
    Explanation {
        evidence: ask.seen.evidence.clone(),
        why_here: format!(
            "Line {} is the one {how} join that uses `{}`, which has {mib} MiB by {from}.",
            job.line(join.method.call),
            ask.side
        ),
        what_changes: "The small side goes to every executor once and the large side is no longer \
                       shuffled for this join, so no task gets all rows of a hot key. The rows of the \
                       result are the same."
            .to_owned(),
        what_it_does_not_fix: format!(
            "A later groupBy on the same key is as skewed as before. Each executor and the driver need \
             about {mib} MiB more memory, and more when `{}` grows.",
            ask.side
        ),
        how_to_undo: "Revert the commit, or take the `broadcast(...)` off again.".to_owned(),
    }
}

fn find_join<'a>(job: &Job<'a>, ask: &BroadcastJoin) -> Result<Join<'a>, Stop> {
    let mut joins = Vec::new();
    for site in &job.model.calls {
        if let Some(join) = join_with(job, site, &ask.side)? {
            joins.push((site, join));
        }
    }
    if let Some(line) = job.line_of(&ask.seen) {
        let on_line = |site: &CallSite<'_>| job.is_on_line(site.stmt.range(), line);
        if joins.iter().filter(|(site, _)| on_line(site)).count() == 1 {
            joins.retain(|(site, _)| on_line(site));
        }
    }
    let lines = listed(joins.iter().map(|(site, _)| job.line(site.call)));
    match (joins.pop(), joins.is_empty()) {
        (Some((_, join)), true) => Ok(join),
        (None, _) => {
            Stop::refused(format!("no join in this file with a side read from `{}`", ask.side))
        }
        (Some(_), false) => Stop::refused(format!(
            "several joins use `{}` ({lines}) and the evidence does not single one out",
            ask.side
        )),
    }
}

/// The call as a join of frames with the named input on one side. `os.path.join` and `", ".join` have no
/// side that is made of reads.
fn join_with<'a>(job: &Job<'a>, site: &CallSite<'a>, name: &str) -> Result<Option<Join<'a>>, Stop> {
    let Some(method) = MethodCall::of(site.call) else { return Ok(None) };
    if !matches!(method.name, "join" | "crossJoin") || method.receiver.is_literal_expr() {
        return Ok(None);
    }
    if job.model.qualified(site.scope, method.receiver).is_some() {
        return Ok(None);
    }
    let Some(other) = argument(site.call, 0, "other") else { return Ok(None) };
    let left = holds(job, site.scope, method.receiver, name)?;
    let right = holds(job, site.scope, other, name)?;
    let (side, small, alone) = match (left, right) {
        (Some(_), Some(_)) => {
            let line = job.line(site.call);
            return Stop::refused(format!("`{name}` is on both sides of the join at line {line}"));
        }
        (Some(alone), None) => (Side::Left, method.receiver, alone),
        (None, Some(alone)) => (Side::Right, other, alone),
        (None, None) => return Ok(None),
    };
    Ok(Some(Join { site_scope: site.scope, method, side, small, alone }))
}

/// Whether a frame holds the named input, and then whether it holds nothing else.
fn holds(job: &Job<'_>, scope: ScopeId, frame: &Expr, name: &str) -> Result<Option<bool>, Stop> {
    let frame = unwrapped(job, scope, frame);
    let lineage = job.lineage(scope, frame);
    if dotted(frame).is_some_and(|d| d == name || d.strip_prefix("self.") == Some(name)) {
        let is_frame = is_frame(job, scope, frame, name)?;
        return Ok(is_frame.then_some(lineage.reads.len() <= 1));
    }
    let reads = || lineage.reads.iter().map(|index| &job.reads[*index]);
    let named = reads().any(|read| read.name.matches(name) >= Match::Ending);
    Ok(named.then_some(lineage.reads.len() == 1 && !lineage.has_gaps))
}

/// A variable is only evidence where it has one definition.
fn is_frame(job: &Job<'_>, scope: ScopeId, frame: &Expr, name: &str) -> Result<bool, Stop> {
    let binding = dotted(frame).and_then(|d| job.model.reaching(scope, &d, frame.start()));
    match binding.map(|binding| &binding.bound) {
        Some(Bound::Value(value)) => Ok(value.is_call_expr() || dotted(value).is_some()),
        Some(Bound::Parameter { .. }) => Ok(true),
        _ => Stop::refused(format!(
            "what `{name}` is at line {} cannot be told: it is set in several branches, or elsewhere",
            job.line(frame)
        )),
    }
}

fn unwrapped<'e>(job: &Job<'_>, scope: ScopeId, frame: &'e Expr) -> &'e Expr {
    match frame {
        Expr::Call(call) if job.is_function(scope, call, "broadcast") => {
            call.arguments.args.first().unwrap_or(frame)
        }
        _ => frame,
    }
}

fn is_hinted(job: &Job<'_>, scope: ScopeId, frame: &Expr, steps: u8) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    if let Expr::Call(call) = frame {
        let by_hint = MethodCall::of(call).is_some_and(|method| {
            let hint = call.arguments.args.first().and_then(literal).map(str::to_ascii_lowercase);
            method.name == "hint"
                && matches!(hint.as_deref(), Some("broadcast" | "broadcastjoin" | "mapjoin"))
        });
        return by_hint || job.is_function(scope, call, "broadcast");
    }
    let binding = dotted(frame).and_then(|name| job.model.reaching(scope, &name, frame.start()));
    match binding.map(|binding| (binding.made_in, &binding.bound)) {
        Some((made_in, Bound::Value(value))) => is_hinted(job, made_in, value, steps),
        _ => false,
    }
}

fn join_type(job: &Job<'_>, join: &Join<'_>) -> Result<String, Stop> {
    let call = join.method.call;
    if has_starred(call) {
        return Stop::refused(format!("the join at line {} hides its arguments", job.line(call)));
    }
    if join.method.name == "crossJoin" {
        return Ok("cross".to_owned());
    }
    let how = call.arguments.args.get(2).or_else(|| keyword_argument(call, "how"));
    match how.map(literal) {
        None => Ok("inner".to_owned()),
        Some(Some(how)) => Ok(how.to_ascii_lowercase().replace('_', "")),
        Some(None) => Stop::refused(format!(
            "the type of the join at line {} is only known at run time",
            job.line(call)
        )),
    }
}

/// Spark builds a hash table of a side only where the other side's rows decide what is kept.
fn legal(how: &str, side: Side, line: u32) -> Result<(), Stop> {
    let ok = match how {
        "inner" | "cross" => true,
        "left" | "leftouter" | "leftsemi" | "semi" | "leftanti" | "anti" => side == Side::Right,
        "right" | "rightouter" => side == Side::Left,
        _ => false,
    };
    let side = if side == Side::Left { "left" } else { "right" };
    if ok {
        Ok(())
    } else {
        Stop::refused(format!(
            "Spark cannot broadcast the {side} side of the {how} join at line {line}"
        ))
    }
}

fn wrap(job: &Job<'_>, join: &Join<'_>) -> Result<Vec<Edit>, Stop> {
    let is_name = join.small.is_name_expr() || join.small.is_attribute_expr();
    if join.side == Side::Left && !is_name {
        return Stop::refused(
            "the left side is a chain of its own; wrapping it would mean to re-indent it",
        );
    }
    let at = join.method.call.range().start();
    let spelling = job.spell(join.site_scope, at, "broadcast").map_err(Stop::Refused)?;
    let mut edits = vec![
        Edit::insert(join.small.start(), format!("{}(", spelling.name)),
        Edit::insert(join.small.end(), ")"),
    ];
    edits.extend(spelling.imports);
    Ok(edits)
}
