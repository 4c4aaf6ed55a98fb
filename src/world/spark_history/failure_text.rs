//! Turns what Spark says of a failed task into one line that others fail alike with.

use super::run_metrics::{FailureKind, Stage, TaskFailure, first_line};

const MOST_KINDS_OF_FAILURE: usize = 8;

impl Stage {
    /// Counts a task with the others that failed for the same reason.
    pub(super) fn note_failure(&mut self, kind: FailureKind, reason: String) {
        // Numbers and paths follow later in the reason, and differ from task to task.
        let alike = |other: &TaskFailure| {
            other.kind == kind && other.reason.chars().take(48).eq(reason.chars().take(48))
        };
        if let Some(known) = self.failures.iter_mut().find(|other| alike(other)) {
            known.n_tasks += 1;
        } else if self.failures.len() < MOST_KINDS_OF_FAILURE {
            self.failures.push(TaskFailure { kind, reason, n_tasks: 1 });
        }
    }
}

/// An exception: its class, what it says, and the first causes below it.
pub fn exception(class: &str, description: &str, stack_trace: &str) -> String {
    format!("{class}: {}{}", telling_line(description), causes_in(stack_trace))
}

/// The error message of a task as the History Server gives it.
pub fn of_message(message: &str) -> (FailureKind, String) {
    if let Some(rest) = message.strip_prefix("ExecutorLostFailure") {
        let reason = rest.split_once("Reason: ").map_or(rest, |(_, reason)| reason);
        return (FailureKind::ExecutorLost, telling_line(reason));
    }
    if let Some(rest) = message.strip_prefix("FetchFailed") {
        let reason = rest.split_once("message=").map_or(rest, |(_, reason)| reason);
        return (FailureKind::FetchFailed, telling_line(reason));
    }
    if message.starts_with("TaskKilled") {
        return (FailureKind::Killed, telling_line(message));
    }
    let own_words = message.split("\n\tat ").next().unwrap_or_default();
    match own_words.split_once(": ") {
        Some((class, description)) if !class.contains(char::is_whitespace) => {
            (FailureKind::Exception, exception(class, description, message))
        }
        _ => (FailureKind::Other, telling_line(own_words)),
    }
}

/// A Python traceback says what happened below its last indented line, everything else at once.
pub fn telling_line(text: &str) -> String {
    let text = text.trim();
    if text.starts_with("Traceback ") {
        let last = text
            .lines()
            .rev()
            .take_while(|line| !line.starts_with(' '))
            .last()
            .or_else(|| text.lines().next_back());
        return first_line(last.unwrap_or_default(), 300);
    }
    first_line(text, 300)
}

/// ` <- cause` for each. The last alone would be wrong: below a Python worker's death lies only
/// the end of its stream.
fn causes_in(stack_trace: &str) -> String {
    let mut causes = stack_trace.split("\nCaused by: ");
    causes.next();
    causes
        .take(3)
        .map(|cause| {
            let own_words = cause.split("\n\tat ").next().unwrap_or_default();
            let (class, said) = own_words.split_once(": ").unwrap_or((own_words, ""));
            format!(" <- {}: {}", first_line(class, 150), first_line(&telling_line(said), 150))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_say_the_same_of_one_failure() {
        let trace = "java.lang.OutOfMemoryError: Java heap space\n\tat a.B.c(B.java:1)\n\
                     Caused by: x.Y: Traceback (most recent call last):\n  File \"w.py\"\nImportError: no z\n\tat d.e";
        assert_eq!(
            of_message(trace).1,
            "java.lang.OutOfMemoryError: Java heap space <- x.Y: ImportError: no z"
        );
        assert_eq!(
            of_message(trace),
            (
                FailureKind::Exception,
                exception("java.lang.OutOfMemoryError", "Java heap space", trace)
            )
        );
        let python =
            "Traceback (most recent call last):\n  File \"w.py\"\nValueError: bad\nand worse\n";
        let message = format!("o.a.s.PythonException: {python}\n\tat o.a.s.X.y(X.scala:1)");
        assert_eq!(of_message(&message).1, "o.a.s.PythonException: ValueError: bad");
        let lost = "ExecutorLostFailure (executor 3 exited caused by one of the running tasks) \
                    Reason: Command exited with code 52";
        assert_eq!(
            of_message(lost),
            (FailureKind::ExecutorLost, "Command exited with code 52".to_owned())
        );
        let fetch = "FetchFailed(null, shuffleId=0, message=\norg.X: Missing an output\n\tat y)";
        assert_eq!(of_message(fetch).1, "org.X: Missing an output");
    }
}
