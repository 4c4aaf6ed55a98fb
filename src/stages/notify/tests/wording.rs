//! The words of each state, as Markdown and on a terminal.

use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};

use super::*;
use crate::records::fix::{Applicability, FixStatus, GateResult};
use crate::records::notice::{Line, Section, SectionKind};
use crate::records::pull_request::PullRequestStatus;
use crate::records::root_cause::Verdict;
use crate::world::chat::{Channel, Outbox as Folder, Terminal};

/// The file in the outbox after the first `n` lines of news of each story.
fn check(stories: &[(Story, usize)], expected: Expect) {
    let mut desk = Desk::new(Retries::Tell);
    for (story, n) in stories {
        news(story).into_iter().take(*n).for_each(|news| desk.hear(news));
    }
    expected.assert_eq(&file_of(desk.last()));
}

fn file_of(notice: &Notice) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let channel = Channel::Outbox(Folder::new(folder.path()));
    let posted = block_on(channel.post(notice, None)).expect("written");
    std::fs::read_to_string(posted.place.expect("a path")).expect("readable")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of one thread").block_on(future)
}

#[test]
fn the_log_alone() {
    check(
        &[(Story::renamed_column(1), 1)],
        expect![[r#"
            ---
            revision: 1
            conversation: 14da834feb0870c2e0cead6143030b6c
            episode: 71600a64402189e173a5030205881034
            failures: 1
            final: false
            updated: 2026-11-23T02:10:00Z
            ---

            # ledger.close: column not found

            **ledger_close.py reads l.booking_date, but the table has posting_date**\
            Almost certain (97 %), from the log.

            **Root cause in the log · driver.log:50**

            ```text
            [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `l`.`booking_date` cannot be resolved. Did you mean one of the following? [`l`.`posting_date`]
            ```

            **Your code · ledger_close.py:11**

            ```text
            date_trunc('MONTH', l.booking_date) AS period,
            ```

            **Evidence**

            - driver.log:71 `'Project [date_trunc(MONTH, 'l.booking_date, None) AS period#12]`

            **Next**

            - rename booking_date to posting_date after the read

            Still to come: metrics, fix, pull request

            ---

            failed 2026-11-23 02:10 UTC · run scheduled\_\_2026-11-23T02:00:00+00:00 · try 1 · exit code 1 · app-202611230211-0041\
            log <https://airflow.example/log?dag_id=ledger&task_id=close>\
            schema.unresolved_column · incident 2bd3376b · failure 71600a64 · conversation 14da834f
        "#]],
    );
}

#[test]
fn a_pull_request_and_a_repeat() {
    check(
        &[(Story::renamed_column(1), 4), (Story::renamed_column(2), 4)],
        expect![[r#"
            ---
            revision: 8
            conversation: 14da834feb0870c2e0cead6143030b6c
            episode: 71600a64402189e173a5030205881034
            failures: 2
            final: true
            updated: 2026-11-23T02:10:00Z
            ---

            # ledger.close: column not found

            **ledger_close.py reads l.booking_date, but the table has posting_date**\
            Almost certain (97 %), from the log.

            2nd failure of this since 2026-11-23 02:10 UTC

            **Root cause in the log · driver.log:50**

            ```text
            [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `l`.`booking_date` cannot be resolved. Did you mean one of the following? [`l`.`posting_date`]
            ```

            **Your code · ledger_close.py:11**

            ```text
            date_trunc('MONTH', l.booking_date) AS period,
            ```

            **Evidence**

            - driver.log:71 `'Project [date_trunc(MONTH, 'l.booking_date, None) AS period#12]`

            **Metrics**

            - Spark's metrics (event log) neither confirm nor refute it: the query failed before a stage ran

            **Next**

            - rename booking_date to posting_date after the read

            **Fix:** patched with rename_column, and a person must weigh it: posting_date is the only candidate of the same type

            **Patch**

            ```diff
            --- a/ledger_close.py
            +++ b/ledger_close.py
            @@ -11 +11 @@
            -  date_trunc('MONTH', l.booking_date) AS period,
            +  date_trunc('MONTH', l.posting_date) AS period,
            ```

            **Pull request:** draft opened <https://forge.example/jobs/pull/41>, branch `adp/1f2e3d4c`

            ---

            failed 2026-11-23 02:20 UTC · run scheduled\_\_2026-11-24T02:00:00+00:00 · try 1 · exit code 1 · app-202611230212-0041\
            log <https://airflow.example/log?dag_id=ledger&task_id=close>\
            schema.unresolved_column · incident 2bd3376b · failure 5fcebc64 · conversation 14da834f
        "#]],
    );
}

#[test]
fn an_inconclusive_log() {
    check(
        &[(Story::skewed(1), 1)],
        expect![[r#"
            ---
            revision: 1
            conversation: 4546c55a36a2ea04c748940fb785c706
            episode: 11aaf4aeb2d4d724accc734cbaa1940a
            failures: 1
            final: false
            updated: 2026-11-23T02:10:00Z
            ---

            # clicks.sessions: perhaps executor killed for its memory

            **an executor was killed, and the log does not say why**\
            Inconclusive: the best guess has 45 %, from the log.

            **Evidence**

            - driver.log:812 `Lost executor 3 on 10.0.4.7: Command exited with code 137`

            **It could also be**

            - **executor out of memory** (30 %): no OutOfMemoryError in any executor's log
            - **skewed data** (15 %): only the metrics would show it

            **Next**

            - send the event log of the application

            Still to come: metrics, fix, pull request

            ---

            failed 2026-11-23 02:10 UTC · run scheduled\_\_2026-11-23T02:00:00+00:00 · try 1 · exit code 1 · app-202611230211-0041\
            log <https://airflow.example/log?dag_id=clicks&task_id=sessions>\
            oom.executor_killed · incident 603515ec · failure 11aaf4ae · conversation 4546c55a
        "#]],
    );
}

#[test]
fn metrics_overturn_it() {
    check(
        &[(Story::skewed(1), 4)],
        expect![[r#"
            ---
            revision: 4
            conversation: 4546c55a36a2ea04c748940fb785c706
            episode: 11aaf4aeb2d4d724accc734cbaa1940a
            failures: 1
            final: true
            updated: 2026-11-23T02:10:00Z
            ---

            # clicks.sessions: skewed data

            **one task of stage 7 read 212 times the median's records**\
            Likely (88 %), from Spark's metrics.

            **Metrics**

            - Spark's metrics (History Server) overturned what the log suggested
            - stage 7: one task read 41,203,118 records, the median task 194,003

            **Next**

            - salt the join on user_id, or set spark.sql.adaptive.skewJoin.enabled

            **Fix:** a hint, no patch: salt the join key, or let AQE split skewed partitions

            ---

            failed 2026-11-23 02:10 UTC · run scheduled\_\_2026-11-23T02:00:00+00:00 · try 1 · exit code 1 · app-202611230211-0041\
            log <https://airflow.example/log?dag_id=clicks&task_id=sessions>\
            perf.skew · incident 603515ec · failure 11aaf4ae · conversation 4546c55a
        "#]],
    );
}

#[test]
fn many_pipelines_miss_one_table() {
    let stories: Vec<(Story, usize)> =
        (0..10).map(|n| (Story::missing_table(&format!("mart_{n}"), 1 + n / 5), 4)).collect();
    check(
        &stories,
        expect![[r#"
            ---
            revision: 30
            conversation: 6c652b8d85cef65ecca0673fef96f2c7
            episode: a9afa7b1f54b8d0c8f3f4765b2c76f7e
            failures: 10
            final: true
            updated: 2026-11-23T02:10:00Z
            ---

            # 10 pipelines: input table not found (raw.orders)

            **the table raw.orders does not exist**\
            Almost certain (93 %), from the log.

            **Affected: 10th failure of this since 2026-11-23 02:10 UTC**

            - `mart_0.load`
            - `mart_1.load`
            - `mart_2.load`
            - `mart_3.load`
            - `mart_4.load`
            - `mart_5.load`
            - `mart_6.load`
            - `mart_7.load`
            - and 2 others

            **Root cause in the log · driver.log:33**

            ```text
            [TABLE_OR_VIEW_NOT_FOUND] The table or view `raw`.`orders` cannot be found.
            ```

            **Metrics**

            - Spark's metrics could not be asked: no event log and no History Server are known

            **Next**

            - ask who owns raw.orders whether it moved

            **Fixes**

            - mart_0.load, mart_1.load, mart_2.load and 7 others: no patch for this: the table must come back

            ---

            failed 2026-11-23 02:20 UTC · run scheduled\_\_2026-11-24T02:00:00+00:00 · try 1 · exit code 1 · app-202611230212-0041\
            log <https://airflow.example/log?dag_id=mart_8&task_id=load>\
            input.table_not_found · incident 999dc562 · failure f4346e94 · conversation 6c652b8d
        "#]],
    );
}

/// Title and the lines that tell the states apart.
fn gist(story: &Story) -> String {
    let mut desk = Desk::new(Retries::Tell);
    news(story).into_iter().for_each(|news| desk.hear(news));
    let notice = desk.last();
    let text = |section: &Section| -> String {
        let text = |line: &Line| line.spans.iter().map(|span| span.text.as_str()).collect();
        let lines: Vec<String> = section.lines.iter().map(text).collect();
        format!("{}| {}", section.label, lines.join(" / "))
    };
    let shown = notice.sections.iter().filter(|section| section.kind == SectionKind::Prose);
    let lines: Vec<String> = [notice.title.clone()].into_iter().chain(shown.map(text)).collect();
    lines.join("\n")
}

#[test]
fn a_refused_fix_and_a_pull_request_that_failed() {
    let mut refused = Story::renamed_column(1).will_retry();
    refused.plan.status = FixStatus::Refused;
    refused.plan.reason = "the name is built at run time".to_owned();
    refused.plan.diff = String::new();
    refused.pull_request = PullRequestStatus::NothingToDo;
    expect![[r#"
        ledger.close: column not found
        | ledger_close.py reads l.booking_date, but the table has posting_date / Almost certain (97 %), from the log.
        Fix| no patch: the name is built at run time
        | The scheduler will try again by itself."#]].assert_eq(&gist(&refused));

    let mut gave_up = Story::renamed_column(1);
    gave_up.plan.applicability = Some(Applicability::Safe);
    gave_up.plan.gates[0].result = GateResult::Failed;
    gave_up.plan.gates[0].detail = "line 3".to_owned();
    gave_up.pull_request = PullRequestStatus::GaveUp;
    expect![[r#"
        ledger.close: column not found
        | ledger_close.py reads l.booking_date, but the table has posting_date / Almost certain (97 %), from the log.
        Fix| patched with rename_column: posting_date is the only candidate of the same type / The check “parse” failed: line 3
        Pull request| could not be opened: the branch is protected, branch adp/1f2e3d4c"#]].assert_eq(&gist(&gave_up));
}

#[test]
fn nothing_found_and_nothing_wrong() {
    let mut unknown = Story::skewed(1);
    unknown.confirmed.class = "unknown".to_owned();
    unknown.confirmed.verdict = Verdict::Inconclusive;
    unknown.confirmed.summary = "nothing we know is in the log".to_owned();
    expect![[r#"
        clicks.sessions: cause unknown
        | nothing we know is in the log / No cause was found.
        Fix| a hint, no patch: salt the join key, or let AQE split skewed partitions"#]]
    .assert_eq(&gist(&unknown));

    let mut healthy = Story::skewed(1);
    healthy.confirmed.class = "healthy".to_owned();
    healthy.confirmed.verdict = Verdict::Healthy;
    healthy.confirmed.summary = "the job wrote its output and ended".to_owned();
    expect![[r#"
        clicks.sessions: looks healthy
        | the job wrote its output and ended / A failure was reported, but the logs show a healthy run.
        Fix| a hint, no patch: salt the join key, or let AQE split skewed partitions"#]]
    .assert_eq(&gist(&healthy));
}

#[test]
fn more_pipelines_than_are_kept_are_said_to_be_more() {
    let mut desk = Desk::new(Retries::Tell);
    for n in 0..40 {
        let story = Story::missing_table(&format!("mart_{n:02}"), 1);
        news(&story).into_iter().for_each(|news| desk.hear(news));
    }
    let notice = desk.last();
    let title = "more than 24 pipelines: input table not found (raw.orders)";
    assert_eq!((notice.title.as_str(), notice.failures), (title, 40));
}

#[test]
fn a_terminal_prints_all_at_first_and_then_what_is_new() {
    let mut desk = Desk::new(Retries::Tell);
    news(&Story::renamed_column(1)).into_iter().for_each(|news| desk.hear(news));
    let printed = Arc::new(Mutex::new(Vec::new()));
    let terminal = Channel::Terminal(Terminal::new(printed.clone(), 72));
    let first = block_on(terminal.post(&desk.notices[0], None)).expect("printed");
    block_on(terminal.post(desk.last(), Some(&first))).expect("printed");
    let printed = String::from_utf8(printed.lock().expect("free").clone()).expect("text");
    expect![[r#"
        ■ ledger.close: column not found
          ledger_close.py reads l.booking_date, but the table has posting_date
          Almost certain (97 %), from the log.
          Root cause in the log · driver.log:50
            [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column `l`.`booking_date` cann
            ot be resolved. Did you mean one of the following? [`l`.`posting_dat
            e`]
          Your code · ledger_close.py:11
            date_trunc('MONTH', l.booking_date) AS period,
          Evidence
          • driver.log:71 'Project [date_trunc(MONTH, 'l.booking_date, None) AS
            period#12]
          Next
          • rename booking_date to posting_date after the read
          Still to come: metrics, fix, pull request
          failed 2026-11-23 02:10 UTC · run scheduled__2026-11-23T02:00:00+00:00
          · try 1 · exit code 1 · app-202611230211-0041
          log https://airflow.example/log?dag_id=ledger&task_id=close
          schema.unresolved_column · incident 2bd3376b · failure 71600a64 ·
          conversation 14da834f

        □ ledger.close: column not found (update 4)
          Metrics
          • Spark's metrics (event log) neither confirm nor refute it: the query
            failed before a stage ran
          Fix: patched with rename_column, and a person must weigh it:
          posting_date is the only candidate of the same type
          Patch
            --- a/ledger_close.py
            +++ b/ledger_close.py
            @@ -11 +11 @@
            -  date_trunc('MONTH', l.booking_date) AS period,
            +  date_trunc('MONTH', l.posting_date) AS period,
          Pull request: draft opened https://forge.example/jobs/pull/41, branch
          adp/1f2e3d4c

    "#]]
    .assert_eq(&printed);
}

#[test]
fn nothing_from_a_log_reaches_a_terminal_as_a_command() {
    let mut story = Story::renamed_column(1);
    let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}line\r\nanother";
    story.cause.summary = nasty.to_owned();
    story.cause.root_line.as_mut().expect("a line").text = nasty.to_owned();
    story.case.run_id = Some(nasty.to_owned());
    let mut desk = Desk::new(Retries::Tell);
    desk.hear(news(&story).remove(0));
    let mut notice = desk.last().clone();
    notice.title = nasty.to_owned();
    let printed = Arc::new(Mutex::new(Vec::new()));
    let terminal = Channel::Terminal(Terminal::new(printed.clone(), 72));
    block_on(terminal.post(&notice, None)).expect("printed");
    let printed = String::from_utf8(printed.lock().expect("free").clone()).expect("text");
    assert!(printed.contains("owned"), "{printed}");
    let odd: Vec<char> =
        printed.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
    assert!(odd.is_empty(), "{odd:?}");
}
