//! Lines that say nothing are not read: the report must be the one that reading every line gives.

use adp_scanner::{Limits, Pack, Report, Scanner};
use proptest::prelude::*;
use proptest::sample::Index;

fn pack() -> Pack {
    let signature = |id: &str, keyword: &str| {
        format!(
            "id = '{id}'\nsummary = 's'\nkind = 'noise'\nseverity = 'info'\nkeywords = ['{keyword}']\nmust_match = ['{keyword}']\n"
        )
    };
    let words = ["Lost task", "137", "heap space", "KeyError", "Aborting", "Job "];
    let files: Vec<(String, String)> = words
        .iter()
        .enumerate()
        .map(|(n, word)| (format!("{n}.toml"), signature(&format!("noise.{n}"), word)))
        .collect();
    Pack::from_toml_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .expect("the pack loads")
}

fn few() -> Limits {
    Limits { tail_lines: 4, ..Limits::default() }
}

fn slow(pack: &Pack, log: &[u8]) -> Report {
    let mut scanner = Scanner::new(pack, few());
    scanner.feed_slowly(log);
    scanner.finish()
}

fn fast(pack: &Pack, log: &[u8], mut ends: Vec<usize>) -> Report {
    let mut scanner = Scanner::new(pack, few());
    ends.push(log.len());
    ends.sort_unstable();
    let mut from = 0;
    for end in ends {
        scanner.feed(&log[from..end]);
        from = end;
    }
    scanner.finish()
}

/// Lines of ordinary logs, of failures, and of what lies around both.
const LINES: [&str; 68] = [
    "26/11/23 18:08:04 INFO Executor: Running task 0.0 in stage 1.0 (TID 1)",
    "26/11/23 18:08:05 INFO TaskSetManager: Finished task 0.0 on host (executor driver) (1/2)",
    "26/11/23 18:08:06 WARN Utils: careful",
    "26/11/23 18:08:07 ERROR Executor: failed at once",
    "26/11/23 18:08:07 ERROR Executor: \u{e9}t\u{e9}",
    "2026-11-23 18:08:08,190 INFO o.a.s.Executor: plain",
    "2026-11-23 18:08:09,190 INFO [main] o.a.s.Executor: in a thread",
    "2026-11-23T18:08:09.190Z INFO o.a.s.Executor: with a T",
    "26/11/23 18:08:04 INFO Executor: exit code 137",
    "26/11/23 18:08:04 INFO Executor: Java heap space",
    "26/11/23 18:08:04 INFO Executor: at a.b.C.d(C.java:1)",
    "26/11/23 18:08:04 INFO Executor: File \"/a.py\", line 3, in f",
    "26/11/23 18:08:04 INFO Executor: ",
    "26/11/23 18:08:04 INFO Executor:",
    "26/11/23 18:08:04 INFO : no name",
    "26/11/23 18:08:04 WARN TaskSetManager: Lost task 0.0 in stage 2.0 (TID 3) (h executor 0): com.acme.BadThing: odd",
    "26/11/23 18:08:04 ERROR Executor: Exception in task 0.0",
    "java.io.IOException: No space left on device",
    "\tat a.B.c(B.scala:1)",
    "\t... 12 more",
    "Caused by: java.lang.OutOfMemoryError: Java heap space",
    "Traceback (most recent call last):",
    "  File \"/a.py\", line 3, in f",
    "    code()",
    "KeyError: 'ab'",
    "During handling of the above exception, another exception occurred:",
    "",
    "  ",
    "== DataFrame ==",
    "\"cast\" was called from",
    "/jobs/a.py:7",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
    "[2026-11-23T19:02:13.532+0000] {taskinstance.py:88} ERROR - Task failed",
    "{\"level\":\"error\",\"event\":\"Lost task\"}",
    "26/11/23 18:08:04 INFO Executor: red \u{1b}[31mhe\u{1b}[0map space",
    "26/11/23 18:08:04 INFO Executor: heap\0 space",
    "[Stage 1:>  (0 + 1) / 1]\r26/11/23 17:25:38 WARN A: b\r",
    "Container: container_e01_1700000000000_0001_01_000002 on host_8041",
    "LogType:stderr",
    "End of LogType:stderr",
    "==> executors/1/stderr <==",
    "Nov 23, 2026 6:08:04 PM org.apache.x.Main run",
    "INFO: of java.util.logging",
    "2026-11-23T18:08:04.190000000Z stderr F 26/11/23 18:08:04 INFO A: in a pod",
    "2026-11-23T18:08:04.190000000Z stderr P 26/11/23 18:08:04 INFO A: in pie",
    "26/11/23 18:08:04 ERROR a.B: Caused by: a.b.C: x",
    "26/11/23 18:08:04 INFO A: a#012\tat a.B.c(B.java:1)",
    "26/11/23 18:08:04 INFO A: a&#10;at a.B.c(B.java:1)",
    "2026-11-23 18:08:04,190 ERROR [thread-1] A: java.lang.IllegalStateException: who",
    "26/11/23 18:08:04 INFO [main] Executor: in a thread",
    "26/11/23 18:08:04 [pool-2-thread-1] INFO Executor: in another",
    "2026-11-23 18:08:04,190 INFO  [main] Executor: wide",
    "26/11/23 18:08:04 INFO [PATH_NOT_FOUND] Executor: no thread",
    "26/11/23 18:08:04 [error] INFO Executor: no thread",
    "26/13/23 18:08:04 INFO Executor: no date",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
    "[2026-11-23, 19:02:14 UTC] {spark_submit.py:571} INFO - 26/11/23 19:02:14 INFO [main] A: c",
    "[2026-11-23 19:02:14,100] {logging_mixin.py:571} WARNING - 26/11/23 19:02:14 WARN A: d",
    "[2026-11-23T19:02:13.532+0000] {pod_manager.py:106} INFO - [base] 26/11/23 19:02:13 INFO A: b",
    "[2026-11-23T19:02:13.532+0000] {pod_manager.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
    "[2026-11-23T19:02:13.532+0000] {taskinstance.py:88} INFO - 26/11/23 19:02:13 INFO A: own",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 ERROR A: java.io.IOException: x",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - java.io.IOException: x",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - \tat a.B.c(B.scala:1)",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: exit code 137",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:137} INFO - 26/11/23 19:02:13 INFO A: b",
    "[2026-13-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: no date",
    "26/11/23 18:08:04 INFO A: Traceback (most recent call last):\\n  File \\\"/a.py\\\"",
];

/// Ordinary lines in the other layouts that are passed over.
const ORDINARY: [&str; 4] = [
    "26/11/23 18:08:04 INFO [main] Executor: in a thread",
    "26/11/23 18:08:04 [pool-2-thread-1] INFO Executor: in another",
    "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - 26/11/23 19:02:13 INFO A: b",
    "[2026-11-23, 19:02:14 UTC] {spark_submit.py:571} INFO - 26/11/23 19:02:14 INFO [main] A: c",
];

fn a_log() -> impl Strategy<Value = Vec<u8>> {
    let plain = prop::sample::select([&LINES[..6], &ORDINARY].concat());
    let line_end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    let any_line = prop::sample::select(LINES.to_vec());
    let lines = prop_oneof![
        3 => (plain, line_end, 1_usize..12)
            .prop_map(|(line, end, n)| format!("{line}{end}").repeat(n).into_bytes()),
        3 => any_line.clone().prop_map(|line| format!("{line}\n").into_bytes()),
        1 => any_line.prop_map(|line| format!("{line}\r\n").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(lines, 0..40).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn a_log_with_shortcuts_reads_like_one_without(
        log in a_log(),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let pack = pack();
        let ends = cuts.iter().map(|cut| cut.index(log.len() + 1)).collect();
        prop_assert_eq!(fast(&pack, &log, ends), slow(&pack, &log));
    }
}

#[test]
fn real_logs_read_the_same_in_chunks_of_any_size() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/haystacks");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is committed");
    let (info, failures) = (read("info.log"), read("failures.log"));
    let mut log = String::new();
    for (lines, failure) in
        info.lines().collect::<Vec<_>>().chunks(28).zip(failures.split("\n%%\n").cycle())
    {
        log.push_str(&lines.join("\n"));
        log.push('\n');
        log.push_str(failure);
        log.push('\n');
    }
    let pack = pack();
    let expected = slow(&pack, log.as_bytes());
    assert!(expected.traces.len() > 10 && expected.hits.len() > 10);
    for n_bytes in [7, 1_000, 64 * 1024, log.len()] {
        let ends = (0..log.len()).step_by(n_bytes).collect();
        assert_eq!(fast(&pack, log.as_bytes(), ends), expected, "in chunks of {n_bytes}");
    }
}

/// Gives a few bytes at a time, and breaks at the end if it is to.
struct Drips<'a> {
    rest: &'a [u8],
    at_once: usize,
    breaks: bool,
}

impl std::io::Read for Drips<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.breaks {
            return Err(std::io::Error::other("connection reset"));
        }
        let n = self.rest.len().min(into.len()).min(self.at_once);
        into[..n].copy_from_slice(&self.rest[..n]);
        self.rest = &self.rest[n..];
        Ok(n)
    }
}

#[test]
fn what_is_read_ahead_reads_the_same() {
    let pack = pack();
    let line = "26/11/23 18:08:04 INFO Executor: Running task 0.0 in stage 1.0 (TID 1)\n";
    let failure = "26/11/23 18:08:04 ERROR Executor: Lost task\njava.io.IOException: x\n\tat a.B.c(B.java:1)\n";
    let endless = "x".repeat(700_000);
    let texts = [
        String::new(),
        line.repeat(3),
        format!("{}{failure}{}{endless}\n{failure}", line.repeat(9_000), line.repeat(9_000)),
        format!("{endless}\n{}", line.repeat(2)),
        line.repeat(40_000).trim_end().to_owned(),
    ];
    for text in &texts {
        let expected = slow(&pack, text.as_bytes());
        for (at_once, breaks) in [(usize::MAX, false), (997, false), (10_007, true)] {
            let mut scanner = Scanner::new(&pack, few());
            let drips = Drips { rest: text.as_bytes(), at_once, breaks };
            assert_eq!(scanner.feed_from(drips).is_err(), breaks);
            assert_eq!(scanner.finish(), expected, "{} bytes", text.len());
        }
    }
}
