//! The line of the user's code: the last frame of a traceback that is not of a library, or the place
//! that Spark itself named.

use super::run::{Run, Sighting};
use crate::records::log_summary::{Frame, Thrown, Trace, TraceLanguage};
use crate::records::root_cause::SourceLine;

/// Where in the user's source the fault lies, and the function it lies in.
pub struct Place {
    pub source: SourceLine,
    /// Empty at the top of a file.
    pub function: String,
}

/// The guilty place: in the worker's traceback of this very fault, else where Spark says, else in
/// the driver's traceback, else where the failed action was called.
pub fn of(run: &Run<'_>, fault: &Sighting<'_>) -> Option<Place> {
    let own = fault.thrown().filter(|_| fault.is_from_worker());
    let dumped = fault.thrown().filter(|thrown| thrown.message.contains("Fatal Python error"));
    own.or(dumped)
        .and_then(user_frame)
        .or_else(|| named_by_spark(run, fault))
        .or_else(|| fault.trace().and_then(in_trace))
        .or_else(|| run.terminal.and_then(|terminal| in_trace(&run.summary.traces[terminal])))
        .or_else(|| of_failed_stage(run))
        .or_else(|| run.terminal.and_then(|terminal| of_jvm_job(&run.summary.traces[terminal])))
}

fn in_trace(trace: &Trace) -> Option<Place> {
    trace.chain.iter().rev().find_map(user_frame)
}

fn user_frame(thrown: &Thrown) -> Option<Place> {
    if thrown.language == TraceLanguage::Java && !thrown.message.contains("Fatal Python error") {
        return None;
    }
    let frame = thrown.frames.iter().rev().find(|frame| is_users(frame))?;
    Some(Place {
        source: SourceLine {
            file: file_name(&frame.file),
            line: frame.line?,
            text: frame.code.clone(),
        },
        function: frame.function.trim_matches(['<', '>']).replace("module", ""),
    })
}

fn is_users(frame: &Frame) -> bool {
    const LIBRARIES: [&str; 9] = [
        "/site-packages/",
        "/dist-packages/",
        "/lib/python",
        "pyspark.zip",
        "/pyspark/",
        "py4j-",
        "<frozen",
        "<string>",
        "/airflow/",
    ];
    let file = &frame.file;
    // Airflow's own code lies in site-packages; a home of that name also holds the user's DAGs.
    let is_dag = file.contains("/dags/");
    is_dag || !LIBRARIES.iter().any(|library| file.contains(library))
}

/// A job in Scala or Java: the innermost frame of the package that its `main` lies in.
fn of_jvm_job(trace: &Trace) -> Option<Place> {
    let frames = || trace.chain.iter().flat_map(|thrown| &thrown.frames);
    let main = frames().find(|frame| frame.function.ends_with(".main"))?;
    let class = main.function.strip_suffix(".main")?;
    let (package, _) =
        class.rsplit_once('.').filter(|(package, _)| !package.starts_with("org.apache."))?;
    let frame = frames().find(|frame| frame.function.starts_with(package))?;
    Some(Place {
        source: SourceLine { file: frame.file.clone(), line: frame.line?, text: String::new() },
        function: frame.function.rsplit('.').next().unwrap_or_default().to_owned(),
    })
}

/// Spark 4 names the line of the call that an error belongs to.
fn named_by_spark(run: &Run<'_>, fault: &Sighting<'_>) -> Option<Place> {
    let trace = fault.trace()?;
    let context = run.summary.contexts.iter().find(|context| {
        context.file == trace.file && (trace.first_line..=trace.last_line).contains(&context.line)
    })?;
    let code = || {
        let frames = run
            .summary
            .traces
            .iter()
            .flat_map(|trace| &trace.chain)
            .flat_map(|thrown| &thrown.frames);
        let here = |frame: &&Frame| {
            frame.line == Some(context.source_line) && frame.file == context.source_file
        };
        frames.into_iter().find(here).map(|frame| frame.code.clone())
    };
    Some(Place {
        source: SourceLine {
            file: file_name(&context.source_file),
            line: context.source_line,
            text: code().unwrap_or_else(|| context.fragment.clone()),
        },
        function: String::new(),
    })
}

/// The scheduler says where the action of a failed stage was called.
fn of_failed_stage(run: &Run<'_>) -> Option<Place> {
    run.of_signature("lifecycle.stage_failed").find_map(|finding| {
        let (file, line) = finding.captures.get("place")?.rsplit_once(':')?;
        let line = line.parse().ok().filter(|_| file.ends_with(".py"))?;
        let text = finding.captures.get("what").cloned().unwrap_or_default();
        Some(Place {
            source: SourceLine { file: file_name(file), line, text },
            function: String::new(),
        })
    })
}

fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}
