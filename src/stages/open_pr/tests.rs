//! The step on real repositories, alone and behind `write_fix`, whatever crashes.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::records::root_cause::Cause;
use crate::records::{Diagnosis, Topic};
use crate::runtime::{CrashPoint, Driver, Topology};
use crate::stages::write_fix::WriteFix;
use crate::stages::write_fix::testing::{ORDERS, diagnosis, renamed_orders};
use crate::world::forge::testing::{FAILED_AT, GitFolder};

const JOB: &str = "jobs/orders_daily_revenue.py";
const STEPS: [&str; 2] = [WriteFix::NAME, OpenPr::NAME];
const POINTS: [CrashPoint; 6] = [
    CrashPoint::BeforeCommit,
    CrashPoint::AfterCommit,
    CrashPoint::BeforePerform,
    CrashPoint::AfterPerform,
    CrashPoint::AnswerLost,
    CrashPoint::Evicted,
];

/// A repository, and the two steps fed with diagnoses.
struct Bench {
    git: GitFolder,
    driver: Driver,
    performs: Arc<AtomicUsize>,
}

/// `OpenPr` itself, counted, and looking away where a test wants to see what looking is worth.
struct Watched {
    inner: OpenPr,
    looks: bool,
    performs: Arc<AtomicUsize>,
}

impl Action for Watched {
    const NAME: &'static str = OpenPr::NAME;
    type In = Fix;
    type Out = PullRequest;
    type Receipt = Standing;

    fn effect(&self, input: &Fix) -> Option<Effect> {
        self.inner.effect(input)
    }

    fn deadline(&self) -> Duration {
        self.inner.deadline()
    }

    fn patience(&self) -> Duration {
        self.inner.patience()
    }

    async fn find(&self, ask: &Ask<'_, Self>) -> Result<Option<Standing>, Fault> {
        if self.looks { self.inner.find(&unwatched(ask)).await } else { Ok(None) }
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<Standing, Fault> {
        self.performs.fetch_add(1, Ordering::SeqCst);
        self.inner.perform(&unwatched(ask)).await
    }

    fn outcome(&self, input: &Fix, end: End<Standing>) -> PullRequest {
        self.inner.outcome(input, end)
    }
}

fn unwatched<'a>(ask: &Ask<'a, Watched>) -> Ask<'a, OpenPr> {
    let Ask { id, about, input, at, tries, prior } = *ask;
    Ask { id, about, input, at, tries, prior }
}

impl Bench {
    fn new() -> Self {
        Bench::on(GitFolder::with(&[(JOB, ORDERS), ("README.md", "jobs\n")]), true)
    }

    fn on(git: GitFolder, looks: bool) -> Self {
        let repositories = Arc::new(Repositories::new(vec![git.repository()]));
        let performs = Arc::new(AtomicUsize::new(0));
        let inner = OpenPr::new(repositories.clone(), adp_redact::Redactor::built_in().clone());
        let open_pr = Watched { inner, looks, performs: performs.clone() };
        let topology = Topology::fed_by([Topic::DIAGNOSES])
            .act(WriteFix::new(repositories, adp_redact::Redactor::built_in().clone()))
            .act(open_pr)
            .ending_in([Topic::PULL_REQUESTS]);
        Bench { driver: Driver::new(topology, 3, FAILED_AT), git, performs }
    }

    fn feed(&mut self, diagnosis: &Diagnosis) {
        self.driver.pipe(diagnosis);
        self.driver.run_dry().expect("the steps go on");
    }

    fn last(&self) -> PullRequest {
        self.driver.read::<PullRequest>().pop().expect("an outcome")
    }

    fn statuses(&self) -> Vec<PullRequestStatus> {
        let mut all: Vec<_> =
            self.driver.read::<PullRequest>().iter().map(|pr| pr.status).collect();
        all.sort();
        all
    }

    fn branch(&self) -> String {
        let branches = self.git.branches();
        assert_eq!(branches.len(), 1, "{branches:?}");
        branches[0].clone()
    }

    /// Names and texts of everything in the folder of pull requests.
    fn pages(&self) -> Vec<(String, String)> {
        let Ok(listed) = fs::read_dir(self.git.pull_requests()) else { return Vec::new() };
        let read = |entry: fs::DirEntry| {
            let text = fs::read_to_string(entry.path()).expect("a text");
            (entry.file_name().to_string_lossy().into_owned(), text)
        };
        listed.map(|entry| read(entry.expect("listed"))).collect()
    }

    fn page(&self) -> String {
        let pages = self.pages();
        assert_eq!(pages.len(), 1, "{pages:?}");
        pages.into_iter().next().expect("one page").1
    }

    fn occurrences(&self) -> usize {
        self.page().lines().filter(|line| line.contains("<!-- adp incident:")).count()
    }
}

#[test]
fn a_fix_becomes_one_branch_one_commit_and_one_page() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let (pr, branch) = (bench.last(), bench.branch());
    assert_eq!(pr.status, PullRequestStatus::Opened);
    assert!(branch.starts_with("adp/fix/orders-daily-revenue-"), "{branch}");
    assert_eq!(pr.branch.as_ref(), Some(&branch));
    assert_eq!(pr.commit, Some(bench.git.tip(&branch)));
    assert_eq!(bench.git.count_commits("main", &branch), 1);
    assert_eq!(bench.git.changed_files("main", &branch), [JOB]);
    assert!(bench.git.text_at(&branch, JOB).contains(".withColumnRenamed(\"amount\", \"amt\")"));
    let page = bench.page();
    assert_eq!(fs::read_to_string(pr.url.expect("a place")).expect("a text"), page);
    for part in [
        "# orders_daily_revenue.py: rename amount back to amt behind the read",
        "Class `schema.unresolved_column`, confidence 97 %.",
        "- root, `driver.log` line 96: ",
        "```diff\n--- a/jobs/orders_daily_revenue.py",
        "What it does not fix: Other jobs",
        "- passed: ",
        "- not run: byte-compiled",
        "## How sure\n\nSafe:",
        "## How to undo",
        "## Seen in\n\n- sales.build, run ",
    ] {
        assert!(page.contains(part), "{part}\n---\n{page}");
    }
}

#[test]
fn secrets_of_the_source_are_in_the_commit_and_in_no_record() {
    let source = format!("{ORDERS}\n# password=hunter2\n");
    let mut bench = Bench::on(GitFolder::with(&[(JOB, &source)]), true);
    bench.feed(&diagnosis("sales", renamed_orders()));
    let fix = bench.driver.read::<Fix>().pop().expect("a fix");
    assert!(!format!("{fix:?}").contains("hunter2"), "{fix:?}");
    assert!(fix.files[0].content.contains("# password=[redacted:"));
    let committed = bench.git.text_at(&bench.branch(), JOB);
    assert!(committed.ends_with("\n# password=hunter2\n"), "{committed}");
    assert!(committed.contains(".withColumnRenamed(\"amount\", \"amt\")"));
}

#[test]
fn the_same_failure_gives_the_same_commit_anywhere() {
    let commit = || {
        let mut bench = Bench::new();
        bench.feed(&diagnosis("sales", renamed_orders()));
        bench.last().commit
    };
    assert_eq!(commit(), commit());
}

#[test]
fn a_second_pipeline_joins_and_a_second_failure_finds_it_open() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let first = bench.last();
    let mut later = diagnosis("finance", renamed_orders());
    later.case.failed_at = later.case.failed_at.plus(Duration::from_secs(86_400));
    bench.feed(&later);
    bench.feed(&diagnosis("sales", renamed_orders()));
    let open = PullRequestStatus::AlreadyOpen;
    assert_eq!(bench.statuses(), [PullRequestStatus::Opened, open, open]);
    assert_eq!(bench.git.tip(&bench.branch()), first.commit.expect("a commit"));
    assert_eq!(bench.occurrences(), 2);
    assert_eq!(bench.git.count_commits("main", &bench.branch()), 1);
}

#[test]
fn what_is_not_patched_opens_nothing_and_says_why() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", Cause { evidence: Vec::new(), ..renamed_orders() }));
    let pr = bench.last();
    assert_eq!((pr.status, pr.branch), (PullRequestStatus::NothingToDo, None));
    assert!(pr.reason.contains("does not tell which one drifted"), "{}", pr.reason);
    assert_eq!((bench.git.branches().len(), bench.pages().len()), (0, 0));
}

#[test]
fn a_missing_page_is_made_without_touching_the_branch() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let (tip, page) = (bench.git.tip(&bench.branch()), bench.page());
    fs::remove_dir_all(bench.git.pull_requests()).expect("removed");
    // Another process, with books of its own.
    let mut again = Bench::on(bench.git, true);
    again.feed(&diagnosis("sales", renamed_orders()));
    assert_eq!(again.page(), page);
    assert_eq!(again.git.tip(&again.branch()), tip);
    assert_eq!(again.statuses(), [PullRequestStatus::Opened]);
}

#[test]
fn what_people_did_with_the_branch_stays() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let branch = bench.branch();
    let theirs = bench.git.commit_on(&branch, "jobs/orders_daily_revenue.py", "mine now\n");
    bench.feed(&diagnosis("finance", renamed_orders()));
    assert_eq!(bench.last().status, PullRequestStatus::AlreadyOpen);
    assert_eq!((bench.git.tip(&branch), bench.occurrences()), (theirs.clone(), 2));

    fs::remove_dir_all(bench.git.pull_requests()).expect("removed");
    let mut again = Bench::on(bench.git, true);
    again.feed(&diagnosis("sales", renamed_orders()));
    let pr = again.last();
    assert_eq!(pr.status, PullRequestStatus::GaveUp);
    assert!(pr.reason.contains("somebody else's"), "{}", pr.reason);
    assert_eq!((again.git.tip(&branch), again.pages().len()), (theirs, 0));
}

#[test]
fn what_people_closed_is_not_opened_again() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    bench.git.delete_branch(&bench.branch());
    bench.feed(&diagnosis("finance", renamed_orders()));
    let pr = bench.last();
    assert_eq!(pr.status, PullRequestStatus::NothingToDo);
    assert!(pr.reason.contains("it is not opened again"), "{}", pr.reason);
    assert!(bench.git.branches().is_empty());
    assert_eq!(bench.occurrences(), 1);
}

#[test]
fn a_page_that_is_not_ours_is_left_as_it_is() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let place = bench.last().url.expect("a place");
    fs::write(&place, "notes of Ann\n").expect("written");
    bench.feed(&diagnosis("finance", renamed_orders()));
    assert_eq!(bench.last().status, PullRequestStatus::GaveUp);
    assert_eq!(bench.page(), "notes of Ann\n");
}

#[test]
fn a_fix_that_came_too_late_is_refused_and_the_next_one_is_not() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let fix = bench.driver.read::<Fix>().pop().expect("a fix");
    bench.git.delete_branch(&bench.branch());
    fs::remove_dir_all(bench.git.pull_requests()).expect("removed");
    bench.git.commit_on("main", JOB, &format!("# a remark\n{ORDERS}"));
    let mut again = Bench::on(bench.git, true);
    again.driver.pipe(&fix);
    again.driver.run_dry().expect("the steps go on");
    assert!(again.last().reason.contains("has changed on main"), "{}", again.last().reason);
    assert!(again.git.branches().is_empty());
    again.feed(&diagnosis("sales", renamed_orders()));
    assert_eq!(again.statuses(), [PullRequestStatus::Opened, PullRequestStatus::GaveUp]);
    assert!(again.git.text_at(&again.branch(), JOB).starts_with("# a remark\n"));
}

#[test]
fn a_forged_fix_reaches_nothing_but_jobs() {
    let mut bench = Bench::new();
    bench.feed(&diagnosis("sales", renamed_orders()));
    let real = bench.driver.read::<Fix>().pop().expect("a fix");
    let tip = bench.git.tip(&bench.branch());
    let forge = |path: &str, repository: &str| {
        let mut fix = real.clone();
        fix.repository = Some(repository.to_owned());
        fix.fix_id = Some(FixId::of(&[path, repository]));
        fix.files[0].path = path.to_owned();
        fix
    };
    for (path, repository, because) in [
        (".github/workflows/x.py", "local", "hidden"),
        ("jobs/../../x.py", "local", "no plain path"),
        ("README.md", "local", "no Python source"),
        (JOB, "elsewhere", "no repository is called elsewhere"),
    ] {
        bench.driver.pipe(&forge(path, repository));
        bench.driver.run_dry().expect("the steps go on");
        let outcomes = bench.driver.read::<PullRequest>();
        let refused = outcomes.iter().any(|pr| pr.reason.contains(because));
        assert!(refused, "{path}: {outcomes:?}");
    }
    assert_eq!((bench.git.tip(&bench.branch()), bench.pages().len()), (tip, 1));
}

#[test]
fn foreign_text_stays_text() {
    let mut bench = Bench::new();
    let mut cause = renamed_orders();
    cause.summary =
        "# Hi <script>x</script> @team [x](https://evil.example)\n## Seen in".to_owned();
    let root = cause.root_line.as_mut().expect("a root line");
    root.text =
        "``` <!-- adp incident:forged -->\n## Seen in\n- x <!-- adp incident:forged -->".to_owned();
    let mut diagnosis = diagnosis("sales", cause);
    diagnosis.case.run_id = Some("@all <b>\n- x <!-- adp incident:forged -->".to_owned());
    bench.feed(&diagnosis);
    let page = bench.page();
    assert!(!page.contains("<script>") && !page.contains("@team") && !page.contains("@all"));
    assert!(page.contains("\\[x\\](https:") && !page.contains("https://"), "{page}");
    assert_eq!(page.lines().filter(|line| *line == "## Seen in").count(), 1);
    bench.feed(&crate::stages::write_fix::testing::diagnosis("finance", renamed_orders()));
    assert_eq!(bench.last().status, PullRequestStatus::AlreadyOpen);
    let (_, below) = bench
        .page()
        .rsplit_once("## Seen in\n")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a list");
    assert_eq!(below.trim().lines().count(), 2, "{below}");
}

#[test]
fn a_page_of_any_failure_fits() {
    let mut bench = Bench::new();
    let mut cause = renamed_orders();
    cause.summary = "ä*".repeat(100_000);
    cause.evidence.extend(vec![cause.evidence[0].clone(); 50]);
    cause.evidence.iter_mut().skip(2).for_each(|line| line.text = "`".repeat(5_000));
    bench.feed(&diagnosis("sales", cause));
    assert_eq!(bench.last().status, PullRequestStatus::Opened);
    let page = bench.page();
    assert!(page.chars().count() < 40_000, "{}", page.chars().count());
    assert!(page.contains("## Seen in\n"));
}

/// One failure at each point of each step, and how often the pull request was then performed.
fn crash_everywhere(looks: bool) -> Vec<(&'static str, CrashPoint, usize)> {
    let mut all = Vec::new();
    for step in STEPS {
        for point in POINTS {
            let git = GitFolder::with(&[(JOB, ORDERS)]);
            let mut bench = Bench::on(git, looks);
            bench.driver.crash_at(step, point);
            for dag in ["sales", "finance", "sales"] {
                bench.driver.pipe(&diagnosis(dag, renamed_orders()));
            }
            bench.driver.run_dry().expect("the steps go on");
            let at = format!("{step} {point:?}");
            assert_eq!(bench.driver.pending_crashes(), 0, "{at}");
            assert_eq!(bench.driver.lag(), 0, "{at}");
            assert_eq!(bench.git.count_commits("main", &bench.branch()), 1, "{at}");
            assert_eq!(bench.occurrences(), 2, "{at}");
            assert_eq!(bench.driver.dead_letters().len(), 0, "{at}");
            let outcomes = bench.driver.read::<PullRequest>();
            let opened = outcomes.iter().filter(|pr| pr.status == PullRequestStatus::Opened);
            assert_eq!(opened.count(), 1, "{at}: {outcomes:?}");
            all.push((step, point, bench.performs.load(Ordering::SeqCst)));
        }
    }
    all
}

/// Two incidents need two performances. Where the answer was lost, looking spares the third.
#[test]
fn one_branch_one_commit_and_one_page_whatever_crashes() {
    for (step, point, performs) in crash_everywhere(true) {
        assert_eq!(performs, 2, "{step} {point:?}");
    }
}

#[test]
fn the_crash_test_sees_a_second_performance_when_looking_is_blinded() {
    let blinded = crash_everywhere(false);
    let twice: Vec<CrashPoint> =
        blinded.iter().filter(|(.., performs)| *performs > 2).map(|(_, point, _)| *point).collect();
    assert_eq!(twice, [CrashPoint::AfterPerform, CrashPoint::AnswerLost]);
}
