//! The scanner seen from outside: which signatures it finds, and what it makes of stack traces.

use adp_scanner::{Language, Level, Limits, Pack, Relation, Report, Scanner, scan};
use proptest::prelude::*;

/// One signature of a test: `kind.name`, keyword, regex or nothing, a line that matches.
type Pattern<'a> = (&'a str, &'a str, &'a str, &'a str);

fn pack(patterns: &[Pattern]) -> Pack {
    let files: Vec<(String, String)> = patterns.iter().map(file_of).collect();
    Pack::from_toml_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .expect("the test's pack loads")
}

fn file_of((id, keyword, regex, example): &Pattern) -> (String, String) {
    let kind = id.split('.').next().unwrap_or(id);
    let class = if kind == "cause" { "class = 'c'\n" } else { "" };
    let regex = if regex.is_empty() { String::new() } else { format!("regex = '''{regex}'''\n") };
    let text = format!(
        "id = '{id}'\nsummary = 's'\nkind = '{kind}'\n{class}severity = 'error'\n\
         keywords = ['''{keyword}''']\n{regex}must_match = ['''{example}''']\n"
    );
    (format!("{id}.toml"), text)
}

/// `line:id` of every kept hit.
fn found(report: &Report) -> Vec<String> {
    report.hits.iter().map(|hit| format!("{}:{}", hit.line, hit.signature)).collect()
}

#[test]
fn table_of_patterns_texts_and_matches() {
    let cases: &[(&str, &[Pattern], &str, &[&str])] = &[
        ("nothing", &[("noise.a", "abc", "", "abc")], "ab\nbc\n", &[]),
        ("keyword alone", &[("noise.a", "abc", "", "abc")], "x\nxabcx\n", &["2:noise.a"]),
        ("once a line", &[("noise.a", "a", "", "a")], "aaa\na\n", &["1:noise.a", "2:noise.a"]),
        (
            "overlapping keywords",
            &[
                ("noise.a", "abcd", "", "abcd"),
                ("noise.b", "bc", "", "bc"),
                ("noise.c", "cde", "", "cde"),
            ],
            "abcde",
            &["1:noise.a", "1:noise.b", "1:noise.c"],
        ),
        (
            "the regex confirms",
            &[("noise.a", "137", r"\bcode 137\b", "code 137")],
            "code 1370\nexit code 137.",
            &["2:noise.a"],
        ),
        ("no line feed at the end", &[("noise.a", "end", "", "end")], "x\nend", &["2:noise.a"]),
        ("carriage returns", &[("noise.a", "end", "end$", "end")], "end\r\nx\r\n", &["1:noise.a"]),
        ("NULs", &[("noise.a", "end", "", "end")], "e\0n\0d", &["1:noise.a"]),
        (
            "anchored behind Airflow's prefix",
            &[("noise.a", "KeyError", "^KeyError", "KeyError")],
            "[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - KeyError: 1\nx KeyError",
            &["1:noise.a"],
        ),
        (
            "inside Airflow 3 JSON",
            &[("noise.a", "KeyError", "^KeyError: 'amount'$", "KeyError: 'amount'")],
            r#"{"level":"error","event":"failed","error_detail":[{"exc_type":"KeyError","exc_value":"'amount'","frames":[]}]}"#,
            &["1:noise.a"],
        ),
        (
            "in the order of their places",
            &[("noise.a", "two", "", "two"), ("noise.b", "one", "", "one")],
            "one two",
            &["1:noise.b", "1:noise.a"],
        ),
    ];
    for (name, patterns, text, expected) in cases {
        assert_eq!(found(&scan(&pack(patterns), text.as_bytes())), *expected, "{name}");
    }
}

#[test]
fn what_a_wrapper_carries_may_be_for_a_fallback_to_say() {
    let general = "id = 'g'\nsummary = 's'\nkind = 'cause'\nclass = 'c'\nseverity = 'error'\nkeywords = ['[NEW_']\nfallback = true\nmust_match = ['[NEW_']";
    let wrapper = "id = 'w'\nsummary = 's'\nkind = 'wrapper'\nseverity = 'error'\nkeywords = ['Job aborted', '[NEW_STREAM_FAILED]']\nmust_match = ['Job aborted']";
    let pack = Pack::from_toml_files([("g", general), ("w", wrapper)]).expect("loads");
    for (line, told) in [
        ("Job aborted due to stage failure: [NEW_CONDITION] why", vec!["g", "w"]),
        ("Query ended: [NEW_STREAM_FAILED] why", vec!["w"]),
    ] {
        let report = scan(&pack, line.as_bytes());
        assert_eq!(report.tallies.keys().collect::<Vec<_>>(), told, "{line}");
    }
}

#[test]
fn a_fallback_speaks_only_where_no_other_does() {
    let general = "id = 'g'\nsummary = 's'\nkind = 'cause'\nclass = 'c'\nseverity = 'error'\nkeywords = ['Error']\nfallback = true\nmust_match = ['Error']";
    let special = "id = 's'\nsummary = 's'\nkind = 'cause'\nclass = 'c'\nseverity = 'error'\nkeywords = ['KeyError']\nmust_match = ['KeyError']";
    let pack = Pack::from_toml_files([("g", general), ("s", special)]).expect("loads");
    assert_eq!(found(&scan(&pack, b"KeyError\nTypeError\n")), ["1:s", "2:g"]);
}

#[test]
fn bytes_that_are_no_text_do_not_hide_a_line() {
    let pack = pack(&[("noise.a", "end", "", "end")]);
    let report = scan(&pack, b"\xff\xfe caf\xe9 end\xc3\nend");
    assert_eq!(found(&report), ["1:noise.a", "2:noise.a"]);
    assert_eq!(report.hits[0].text, "\u{fffd}\u{fffd} caf\u{fffd} end\u{fffd}");
}

#[test]
fn captures_and_the_record_they_stand_in_are_kept() {
    let text = "id = 'a'\nsummary = 's'\nkind = 'noise'\nseverity = 'info'\nkeywords = ['host']\nregex = 'host (?P<host>\\S+)'\nmust_match = ['host x']\n[captures]\nhost = 'the host'";
    let pack = Pack::from_toml_files([("a", text)]).expect("loads");
    let report = scan(&pack, b"26/11/23 18:08:04 WARN Client: no answer\n  from host db1");
    let hit = &report.hits[0];
    assert_eq!(hit.captures["host"], "db1");
    assert_eq!(hit.level, Some(Level::Warn));
    assert_eq!(hit.logger.as_deref(), Some("Client"));
    let timestamp = hit.timestamp.map(|timestamp| timestamp.to_string());
    assert_eq!(timestamp.as_deref(), Some("2026-11-23T18:08:04"));
}

#[test]
fn what_airflow_passes_on_is_no_part_of_its_own_record() {
    let pack = pack(&[("noise.a", "psql", "", "psql")]);
    let log = b"[2026-11-23T17:29:50.641+0000] {subprocess.py:99} INFO - Output:
[2026-11-23T17:29:50.600+0000] {taskinstance.py:88} WARNING - own
[2026-11-23T17:29:50.642+0000] {subprocess.py:106} INFO - psql: error
[2026-11-23T17:29:50.643+0000] {taskinstance.py:88} WARNING - own
  psql
";
    let report = scan(&pack, log);
    let levels: Vec<_> = report.hits.iter().map(|hit| hit.level).collect();
    assert_eq!(levels, [None, Some(Level::Warn)]);
}

#[test]
fn a_report_is_bounded_and_counts_go_on() {
    let pack = pack(&[("noise.a", "hit", "", "hit")]);
    let report = scan(&pack, "a hit\n".repeat(10_000).as_bytes());
    let lines: Vec<u64> = report.hits.iter().map(|hit| hit.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 9_999, 10_000], "the first and the last");
    let tally = report.tallies["noise.a"];
    assert_eq!((tally.count, tally.first_line, tally.last_line), (10_000, 1, 10_000));
    assert_eq!(report.tail.len(), Limits::default().tail_lines);
}

#[test]
fn of_many_different_traces_the_first_and_the_last_are_kept_with_their_hits() {
    let pack = pack(&[("cause.a", "boom", "", "boom")]);
    let name = |number: usize| "x".repeat(number);
    let log: String = (1..=200)
        .map(|number| format!("java.lang.E{}: boom\n\tat a.B.c(B.java:1)\n", name(number)))
        .collect();
    let report = scan(&pack, log.as_bytes());
    let limits = Limits::default();
    assert_eq!(report.traces.len(), limits.first_traces + limits.last_traces);
    assert_eq!(report.n_dropped_traces, 200 - report.traces.len() as u64);
    let last = report.hits.last().expect("kept");
    let trace = &report.traces[last.trace.expect("the last trace is kept")];
    assert_eq!(
        (trace.first_line, trace.chain[0].exception.len()),
        (399, 200 + "java.lang.E".len())
    );
}

#[test]
fn an_endless_line_is_cut_and_said_to_be() {
    let pack = pack(&[("noise.a", "hit", "", "hit")]);
    let mut scanner = Scanner::new(&pack, Limits::default());
    for _ in 0..64 {
        scanner.feed(&[b'x'; 64 * 1024]);
    }
    scanner.feed(b"\nhit\n");
    let report = scanner.finish();
    assert_eq!((report.n_lines, report.n_cut_lines), (2, 1));
    assert_eq!(found(&report), ["2:noise.a"]);
}

const UDF_FAILURE: &str = r#"26/11/23 18:02:18 ERROR Executor: Exception in task 1.0 in stage 1.0 (TID 2)
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/srv/jobs/email_clean.py", line 12, in normalise
    user, _, host = addr.strip().partition("@")
                    ^^^^^^^^^^
AttributeError: 'NoneType' object has no attribute 'strip'

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
	at java.base/java.lang.Thread.run(Thread.java:840)
26/11/23 18:02:18 WARN TaskSetManager: Lost task 1.0 in stage 1.0 (TID 2) (localhost executor driver): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/srv/jobs/email_clean.py", line 12, in normalise
    user, _, host = addr.strip().partition("@")
                    ^^^^^^^^^^
AttributeError: 'NoneType' object has no attribute 'strip'

	at org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
26/11/23 18:02:19 INFO DAGScheduler: done
"#;

#[test]
fn a_workers_traceback_within_a_java_trace_is_one_thing_told_once() {
    let wrapper = ("wrapper.p", "PythonException: ", "", "PythonException: ");
    let report = scan(
        &pack(&[wrapper, ("cause.a", "AttributeError", "", "AttributeError")]),
        UDF_FAILURE.as_bytes(),
    );
    assert_eq!(report.traces.len(), 1);
    let trace = &report.traces[0];
    assert_eq!((trace.first_line, trace.last_line), (2, 9));
    assert_eq!((trace.repeats, trace.repeat_lines.as_slice()), (1, &[10][..]));
    assert_eq!(trace.lead.as_deref(), Some("Exception in task 1.0 in stage 1.0 (TID 2)"));
    assert_eq!((trace.level, trace.logger.as_deref()), (Some(Level::Error), Some("Executor")));
    let [outer, inner] = trace.chain.as_slice() else { panic!("two exceptions: {trace:?}") };
    assert_eq!(outer.wrapper.as_deref(), Some("wrapper.p"));
    assert_eq!((outer.language, outer.frames.len()), (Language::Java, 2));
    assert_eq!(
        (inner.line, inner.relation, inner.language),
        (6, Relation::Carried, Language::Python)
    );
    assert_eq!(inner.exception, "AttributeError");
    assert_eq!(inner.frames[0].code, "user, _, host = addr.strip().partition(\"@\")");
    assert_eq!((inner.frames[0].line, inner.frames[0].function.as_str()), (12, "normalise"));
    let tally = report.tallies["cause.a"];
    assert_eq!((tally.count, tally.repeats), (1, 1));
    let hit = report.hits.iter().find(|hit| hit.signature == "cause.a").expect("found");
    assert_eq!((hit.trace, hit.thrown), (Some(0), Some(1)));
}

#[test]
fn py4j_and_its_java_side_form_one_chain() {
    let text = "Traceback (most recent call last):
  File \"/srv/jobs/a.py\", line 8, in <module>
    df.write.parquet(out)
py4j.protocol.Py4JJavaError: An error occurred while calling o58.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Lost task 0.0 in stage 0.0 (TID 0) (h executor driver): java.io.IOException: disk
\tat a.B.c(B.scala:1)
Caused by: java.lang.RuntimeException: deep
\t... 12 more

Driver stacktrace:
\tat d.E.f(E.scala:2)

after";
    let report = scan(&pack(&[("noise.a", "after", "", "after")]), text.as_bytes());
    let chain: Vec<_> = report.traces[0]
        .chain
        .iter()
        .map(|thrown| (thrown.line, thrown.relation, thrown.exception.as_str()))
        .collect();
    assert_eq!(
        chain,
        [
            (4, Relation::First, "py4j.protocol.Py4JJavaError"),
            (5, Relation::Carried, "org.apache.spark.SparkException"),
            (5, Relation::Within, "java.io.IOException"),
            (7, Relation::CausedBy, "java.lang.RuntimeException"),
        ]
    );
    assert_eq!(report.traces[0].last_line, 11);
    assert_eq!(report.hits[0].trace, None);
}

#[test]
fn chained_python_tracebacks_say_how_they_hang_together() {
    let text = "Traceback (most recent call last):
  File \"/a.py\", line 1, in f
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/a.py\", line 2, in <module>
ValueError: second line
 of the message
";
    let report = scan(&pack(&[("noise.a", "x", "", "x")]), text.as_bytes());
    let chain = &report.traces[0].chain;
    assert_eq!((chain[0].exception.as_str(), chain[0].relation), ("KeyError", Relation::First));
    assert_eq!(chain[1].relation, Relation::WhileHandling);
    assert_eq!(chain[1].message, "second line\n of the message");
}

#[test]
fn the_traceback_that_airflow_2_prints_twice_counts_once() {
    let once =
        "[2026-11-23T17:30:07.919+0000] {taskinstance.py:3313} ERROR - Task failed with exception
Traceback (most recent call last):
  File \"/airflow/taskinstance.py\", line 768, in _execute_task
  File \"/dags/demo.py\", line 55, in transform
    return sum(rows)
KeyError: 'amount_usd'
[2026-11-23T17:30:07.937+0000] {taskinstance.py:1226} INFO - Marking task as FAILED.
";
    let again = once.replace("taskinstance.py\", line 768", "task_command.py\", line 483");
    let report = scan(
        &pack(&[("cause.k", "KeyError", "", "KeyError")]),
        format!("{once}{again}").as_bytes(),
    );
    assert_eq!((report.traces.len(), report.traces[0].repeats), (1, 1));
    assert_eq!(report.tallies["cause.k"].count, 1);
}

#[test]
fn spark_names_the_line_of_the_users_code() {
    let text = "== DataFrame ==\n\"cast\" was called from\n/srv/etl/jobs/price_list_load.py:7\n";
    let report = scan(&pack(&[("noise.a", "x", "", "x")]), text.as_bytes());
    let context = &report.query_contexts[0];
    assert_eq!((context.fragment.as_str(), context.line, context.log_line), ("cast", 7, 2));
    assert_eq!(context.file, "/srv/etl/jobs/price_list_load.py");
}

/// Pieces that logs are made of, so that generated logs hold traces, envelopes and breaks.
const PIECES: [&str; 56] = [
    "a",
    "b",
    "ab",
    "abc",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "Error",
    "\n\n",
    "é",
    "{",
    "\n{\"level\":\"error\",\"event\":\"ab\"}\n",
    "\nTraceback (most recent call last):\n",
    "  File \"/a.py\", line 3, in f\n    code()\n",
    "\nKeyError: 'ab'\n",
    "\njava.io.IOException: abc\n",
    "\tat a.B.c(B.scala:1)\n",
    "\nCaused by: java.lang.Error: b\n",
    "\n26/11/23 18:02:18 ERROR Executor: ",
    "\n[2026-11-23T19:02:13.532+0000] {subprocess.py:106} INFO - ",
    ": org.apache.spark.SparkException: x\n",
    "\nDuring handling of the above exception, another exception occurred:\n\n",
    "  ",
    "\n{\"log\":\"",
    "\",\"stream\":\"stderr\",\"time\":\"2026-11-23T10:00:00Z\"}\n",
    "\n2026-11-23T10:00:00Z stderr P ",
    "\n2026-11-23T10:00:00Z stderr F ",
    "\netl-exec-1 spark ",
    "\nworker-1  | ",
    "\n[pod/a-1/b] ",
    "\nContainer: container_1 on host\nLogType:stderr\n",
    "\nEnd of LogType:stderr\n",
    "\nNov 23, 2026 10:00:00 AM org.a.B c\n",
    "SEVERE: ",
    "\nE1123 10:00:00.123456 7 file.go:1] ",
    "\n10:00:00.123 [main] ERROR a.B - ",
    "\ntime=\"2026-11-23T10:00:00Z\" level=error msg=\"",
    "\n<11>1 2026-11-23T10:00:00Z host app 1 - - ",
    "\n  + Exception Group Traceback (most recent call last):\n",
    "  | ExceptionGroup: ab (2 sub-exceptions)\n",
    "  +-+---------------- 1 ----------------\n",
    "    | ValueError: ab\n",
    "    +------------------------------------\n",
    "\nKeyError   Traceback (most recent call last)\n",
    "File /a.py:3, in f(x)\n",
    "---> 3 ab\n",
    "╭── Traceback (most recent call last) ──╮\n",
    "│ /a.py:3 in f │\n",
    "│ ❱ 3 │ ab │\n",
    "Wrapped by: a.b.C: ab\n",
    "(org.a.B) [SOME_CLASS.SUB] ab SQLSTATE: 42P0",
    "\\n\\tat a.B.c(B.java:1)",
    "\n[Glue Exception Analysis] {\"Failure Reason\":\"ab\"}\n",
    "]: [",
    "9999-99-99 99:99:99 ",
];

fn a_log() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

const PATTERNS: [Pattern; 5] = [
    ("cause.a", "ab", "", "ab"),
    ("noise.b", "bc", "a(bc)+", "abc"),
    ("wrapper.c", "Error", r"\bKeyError\b", "KeyError"),
    ("lifecycle.d", "a", "^a+b?$", "ab"),
    ("echo.e", "é", "", "é"),
];

proptest! {
    #[test]
    fn any_chunking_gives_the_same_report(log in a_log(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let pack = pack(&PATTERNS);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(log.len() + 1)).collect();
        ends.push(log.len());
        ends.sort_unstable();
        let mut scanner = Scanner::new(&pack, Limits::default());
        let mut from = 0;
        for end in ends {
            scanner.feed(&log[from..end]);
            from = end;
        }
        prop_assert_eq!(scanner.finish(), scan(&pack, &log));
    }

    #[test]
    fn everything_found_lies_within_the_log(log in a_log()) {
        let report = scan(&pack(&PATTERNS), &log);
        prop_assert_eq!(report.n_bytes, log.len() as u64);
        for hit in &report.hits {
            prop_assert!((1..=report.n_lines).contains(&hit.line));
            prop_assert!(hit.span.start <= hit.span.end && hit.span.end <= report.n_bytes);
        }
        for trace in &report.traces {
            prop_assert!(trace.first_line <= trace.last_line && trace.last_line <= report.n_lines);
            prop_assert!(trace.span.start <= trace.span.end && trace.span.end <= report.n_bytes);
            for (index, thrown) in trace.chain.iter().enumerate() {
                prop_assert!((trace.first_line..=trace.last_line).contains(&thrown.line));
                let carried = thrown.carries;
                prop_assert!(carried.is_none_or(|at| at < trace.chain.len() && at != index));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_log(log in prop::collection::vec(any::<u8>(), 0..400)) {
        let report = scan(&pack(&PATTERNS), &log);
        prop_assert_eq!(report.n_bytes, log.len() as u64);
    }

    #[test]
    fn the_guarded_search_finds_what_the_naive_search_finds(
        lines in prop::collection::vec(prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "ab", "bc", "KeyError", " ", "é", "x"]), 0..10), 0..20)
    ) {
        let text: Vec<String> = lines.iter().map(|pieces| pieces.concat()).collect();
        let mut expected = std::collections::BTreeMap::new();
        for line in &text {
            for (id, keyword, regex, _) in PATTERNS {
                let confirms = regex.is_empty() || regex::Regex::new(regex).expect("valid").is_match(line);
                if line.contains(keyword) && confirms {
                    *expected.entry(id.to_owned()).or_insert(0) += 1;
                }
            }
        }
        let report = scan(&pack(&PATTERNS), text.join("\n").as_bytes());
        let counted: std::collections::BTreeMap<_, _> =
            report.tallies.into_iter().map(|(id, tally)| (id, tally.count + tally.repeats)).collect();
        prop_assert_eq!(counted, expected);
    }
}
