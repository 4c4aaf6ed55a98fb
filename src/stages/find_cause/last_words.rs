//! What a program said last, outside of log records: many a job explains itself in a plain sentence
//! and leaves with an exit code.

use std::sync::LazyLock;

use regex::Regex;

use super::run::{Run, is_airflows};
use crate::records::log_summary::{FindingKind, LogLine};

/// Lines of one explanation.
const MOST: usize = 40;
/// What is said this many lines before the rest belongs to earlier work.
const APART: i64 = 3;

/// The last lines of the driver's log that neither a logger at ease, nor a scheduler, nor a
/// traceback wrote, in their order.
pub fn of<'a>(run: &Run<'a>) -> Vec<&'a LogLine> {
    let end = where_the_scheduler_takes_over(run);
    let driver = run.summary.tail.iter().filter(|line| !run.is_executor_log(&line.file));
    let before = driver.filter(|line| line.line < end);
    let mut said: Vec<&LogLine> = Vec::new();
    for line in before.rev().filter(|line| is_the_programs(run, line)).take(MOST) {
        if said.last().is_some_and(|later| later.line - line.line > APART) {
            break;
        }
        said.push(line);
    }
    said.reverse();
    said
}

/// The lines among the last ones that call themselves an error, where the driver got nothing done
/// after them.
pub fn complaints<'a>(run: &Run<'a>) -> Vec<&'a LogLine> {
    static COMPLAINT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^(?:FATAL|ERROR|CRITICAL|PANIC)(?:\b|:)",
            r#"|^\{.*"(?:log\.)?(?:level|levelname|severity)": ?"(?i:error|fatal|critical)""#,
        ))
        .expect("the pattern is a constant")
    });
    let tail = run.summary.tail.iter();
    tail.filter(|line| !run.is_executor_log(&line.file) && line.line > run.last_progress())
        .filter(|line| COMPLAINT.is_match(&line.text))
        .collect()
}

/// Where Airflow begins to speak of the command that failed.
fn where_the_scheduler_takes_over(run: &Run<'_>) -> i64 {
    let exit = run.of_signature("lifecycle.exit_code").map(|finding| finding.line);
    let wraps = run.summary.traces.iter().filter(|trace| is_airflows(trace));
    exit.chain(wraps.map(|trace| trace.first_line - 1)).min().unwrap_or(i64::MAX)
}

fn is_the_programs(run: &Run<'_>, line: &LogLine) -> bool {
    static AT_EASE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^.{0,80}?\b(?:TRACE|DEBUG|INFO|WARN|WARNING)\b|^::(?:end)?group::")
            .expect("the pattern is a constant")
    });
    let is_lifecycle = || {
        run.summary.findings.iter().any(|finding| {
            finding.kind == FindingKind::Lifecycle
                && (&finding.file, finding.line) == (&line.file, line.line)
        })
    };
    let in_trace = || {
        let here = |first, last| (first..=last).contains(&line.line);
        let traces = run.summary.traces.iter().filter(|trace| trace.file == line.file);
        traces.into_iter().any(|trace| here(trace.first_line, trace.last_line))
    };
    let goes_on_a_record = line.text.starts_with(char::is_whitespace);
    !goes_on_a_record && !AT_EASE.is_match(&line.text) && !is_lifecycle() && !in_trace()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::stages::find_cause::tests::{driver, told};

    const HEAD: &str = "26/11/24 00:50:12 INFO SparkContext: Running Spark version 4.0.0\n\
        26/11/24 00:50:13 INFO DAGScheduler: Job 0 finished: count at /jobs/a.py:5, took 1 s\n";
    const SHUTDOWN: &str = "26/11/24 00:50:18 INFO SparkContext: Invoking stop() from shutdown hook\n\
        26/11/24 00:50:19 INFO ShutdownHookManager: Shutdown hook called\n";

    fn check(exit_code: i32, said: &str, expected: Expect) {
        let log = format!("{HEAD}{said}\n{SHUTDOWN}");
        expected.assert_eq(&told(&driver(Some(exit_code), &log)));
    }

    #[test]
    fn a_job_that_leaves_with_a_sentence_is_taken_at_its_word() {
        check(
            3,
            "data quality: 2 of 3 checks failed, not publishing",
            expect![
                "app.data_quality at line 3, sure: the job's own data check failed: data quality: 2 of 3 checks failed, not publishing"
            ],
        );
        check(
            1,
            "the ledger of March is closed",
            expect![
                "unknown at line 3, unsure: the run failed and last said: the ledger of March is closed"
            ],
        );
    }

    #[test]
    fn a_file_that_is_no_python_has_no_traceback() {
        let text = "  File \"/srv/jobs/a.py\", line 3\n    df = spark.range(10\n                    ^\nSyntaxError: '(' was never closed\n";
        expect!["python.driver_exception at line 4, sure: a.py raised SyntaxError: '(' was never closed at a.py line 3"]
            .assert_eq(&told(&driver(None, text)));
    }

    #[test]
    fn of_a_run_that_worked_the_last_words_mean_nothing() {
        check(
            0,
            "data quality: 2 of 3 checks failed, publishing anyhow",
            expect![
                "healthy at no line, well: the run ended with exit code 0; what the log complains of was coped with"
            ],
        );
    }

    #[test]
    fn what_a_scheduler_adds_and_what_was_said_long_before_are_no_last_words() {
        let airflow = |text: &str| {
            text.lines()
                .map(|line| {
                    format!("[2025-10-03T04:00:05.111+0000] {{subprocess.py:93}} INFO - {line}\n")
                })
                .collect::<String>()
        };
        let job = airflow(&format!(
            "{HEAD}data quality: failed for yesterday\n{}the ledger of March is closed\n{SHUTDOWN}",
            "26/11/24 00:50:15 INFO TaskSetManager: Finished task\n".repeat(9),
        ));
        let log = format!(
            "{job}[2025-10-03T04:00:06.111+0000] {{subprocess.py:97}} INFO - Command exited with return code 4\n\
             [2025-10-03T04:00:06.112+0000] {{taskinstance.py:3311}} ERROR - Task failed with exception\n\
             Traceback (most recent call last):\n  File \"/opt/airflow/models/taskinstance.py\", line 465, in _execute_task\n    result = f()\n\
             airflow.exceptions.AirflowException: Bash command failed. The command returned a non-zero exit code 4.\n"
        );
        expect!["unknown at line 13, unsure: the run failed and last said: the ledger of March is closed"]
            .assert_eq(&told(&driver(None, &log)));
    }
}
