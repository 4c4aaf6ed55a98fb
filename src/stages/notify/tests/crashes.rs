//! The three steps on the driver, with a crash at each point of each of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;
use crate::records::delivery::DeliveryStatus;
use crate::records::{Delivery, Topic};
use crate::runtime::{CrashPoint, Driver, Topology};
use crate::stages::notify::Deliver;
use crate::world::chat::{Channel, Channels, Outbox as Folder, Terminal};

const POINTS: [CrashPoint; 6] = [
    CrashPoint::BeforeCommit,
    CrashPoint::AfterCommit,
    CrashPoint::BeforePerform,
    CrashPoint::AfterPerform,
    CrashPoint::AnswerLost,
    CrashPoint::Evicted,
];

struct Office {
    driver: Driver,
    folder: tempfile::TempDir,
    printed: Arc<Mutex<Vec<u8>>>,
}

fn office() -> Office {
    let folder = tempfile::tempdir().expect("a folder");
    let printed = Arc::new(Mutex::new(Vec::new()));
    let channels = Channels::from([
        ("outbox".to_owned(), Channel::Outbox(Folder::new(folder.path().join("outbox")))),
        ("terminal".to_owned(), Channel::Terminal(Terminal::new(printed.clone(), 80))),
    ]);
    let names = channels.keys().cloned().collect();
    let compose = Compose { channels: names, retries: Retries::Hold, quiet_after: DAY };
    let topology = Topology::fed_by([
        Topic::ROOT_CAUSES,
        Topic::DIAGNOSES,
        Topic::FIXES,
        Topic::PULL_REQUESTS,
    ])
    .decide(Gather)
    .decide(compose)
    .act(Deliver::new(channels))
    .ending_in([Topic::DELIVERIES]);
    Office { driver: Driver::new(topology, 3, NIGHT), folder, printed }
}

impl Office {
    /// Three conversations, one of them shared by two pipelines, one of them repeated.
    fn bad_night(&mut self) {
        let stories = [
            Story::renamed_column(1),
            Story::skewed(1),
            Story::missing_table("mart_a", 1),
            Story::missing_table("mart_b", 2),
            Story::renamed_column(2),
        ];
        for story in stories {
            self.driver.pipe(&story.root_cause());
            self.settle();
            self.driver.pipe(&story.pull_request());
            self.driver.pipe(&story.diagnosis());
            self.driver.pipe(&story.fix());
            self.settle();
        }
        self.wait(60);
    }

    fn settle(&mut self) {
        self.driver.settle().expect("the steps go on");
    }

    fn wait(&mut self, seconds: u64) {
        self.driver.advance(Duration::from_secs(seconds)).expect("the steps go on");
    }

    /// Every file by its name; there is nothing but whole messages.
    fn files(&self) -> BTreeMap<String, String> {
        let folder = std::fs::read_dir(self.folder.path().join("outbox")).expect("an outbox");
        let file = |path: &Path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("text"))
        };
        folder.map(|entry| file(&entry.expect("an entry").path())).collect()
    }

    /// The last revision of each conversation by channel.
    fn last_notices(&self) -> BTreeMap<(String, String), Notice> {
        let notices = self.driver.read::<Notice>().into_iter();
        let mut last = BTreeMap::<(String, String), Notice>::new();
        for notice in notices {
            let about = (notice.conversation_id.to_string(), notice.channel.clone());
            let newer = last.get(&about).is_none_or(|other| other.revision < notice.revision);
            if newer {
                last.insert(about, notice);
            }
        }
        last
    }

    /// How each notice ended.
    fn outcomes(&self) -> BTreeMap<(String, String, i32), Vec<DeliveryStatus>> {
        let mut outcomes = BTreeMap::<_, Vec<_>>::new();
        for delivery in self.driver.read::<Delivery>() {
            let Delivery { conversation_id, channel, revision, status, .. } = delivery;
            let about = (conversation_id.to_string(), channel, revision);
            outcomes.entry(about).or_default().push(status);
        }
        outcomes
    }
}

fn assert_all_is_told(office: &Office, case: &str) {
    let notices = office.driver.read::<Notice>();
    let outcomes = office.outcomes();
    assert_eq!(outcomes.len(), notices.len(), "{case}: every notice has its outcome");
    assert!(outcomes.values().all(|ends| ends.len() == 1), "{case}: and one only: {outcomes:?}");
    let files = office.files();
    let last = office.last_notices();
    assert_eq!((files.len(), last.len()), (3, 6), "{case}: one file for each conversation");
    for ((conversation, channel), notice) in last {
        if channel != "outbox" {
            continue;
        }
        let holds = |text: &&String| text.contains(&format!("conversation: {conversation}\n"));
        let found: Vec<&String> = files.values().filter(holds).collect();
        assert_eq!(found.len(), 1, "{case}");
        assert!(found[0].contains(&format!("revision: {}\n", notice.revision)), "{case}");
        assert!(notice.is_final, "{case}: nothing is awaited any more");
        assert!(found[0].contains("Closed: "), "{case}");
    }
    let printed = String::from_utf8(office.printed.lock().expect("free").clone()).expect("text");
    let mut updates: Vec<&str> = printed.lines().filter(|line| line.starts_with("□ ")).collect();
    let all = updates.len();
    updates.sort_unstable();
    updates.dedup();
    assert_eq!(updates.len(), all, "{case}: a terminal says nothing twice: {printed}");
    let gave_up = outcomes.values().flatten().filter(|end| **end == DeliveryStatus::GaveUp);
    let doubts = office.driver.dead_letters();
    assert_eq!(doubts.len(), gave_up.count(), "{case}: every doubt is counted");
    assert!(doubts.iter().all(|dead| dead.error == "doubt"), "{case}: {doubts:?}");
    assert_eq!(office.driver.lag(), 0, "{case}");
}

/// What the files say, without their front matter, whose revisions a crash may change.
fn texts(office: &Office) -> Vec<String> {
    let body = |text: String| text.splitn(3, "---\n").nth(2).expect("front matter").to_owned();
    office.files().into_values().map(body).collect()
}

/// When the crashes are asked for: before anything happens, or before the episodes close.
#[derive(Clone, Copy, Debug)]
enum When {
    FromTheStart,
    AtTheClosing,
}

/// A bad night and the quiet day after it.
fn night_and_day(step: &'static str, point: CrashPoint, times: usize, when: When) -> Office {
    let mut office = office();
    let ask = |office: &mut Office| (0..times).for_each(|_| office.driver.crash_at(step, point));
    match when {
        When::FromTheStart => {
            ask(&mut office);
            office.bad_night();
        }
        When::AtTheClosing => {
            office.bad_night();
            ask(&mut office);
        }
    }
    office.wait(DAY.as_secs() + 60);
    office
}

#[test]
fn one_whole_file_for_each_conversation_whatever_crashes() {
    let undisturbed = night_and_day("none", CrashPoint::BeforeCommit, 0, When::FromTheStart);
    assert_all_is_told(&undisturbed, "undisturbed");
    for (step, when) in [
        ("gather", When::FromTheStart),
        ("compose", When::FromTheStart),
        ("compose", When::AtTheClosing),
        ("deliver", When::FromTheStart),
        ("deliver", When::AtTheClosing),
    ] {
        for point in POINTS {
            let of_a_turn = matches!(point, CrashPoint::BeforeCommit | CrashPoint::AfterCommit);
            if step != "deliver" && !of_a_turn {
                continue;
            }
            let case = format!("{step} {point:?} {when:?}");
            // One turn closes all episodes, so no more than one of them can crash after it.
            let times = if matches!(when, When::FromTheStart) { 2 } else { 1 };
            let office = night_and_day(step, point, times, when);
            assert_eq!(office.driver.pending_crashes(), 0, "{case}");
            assert_all_is_told(&office, &case);
            assert_eq!(texts(&office), texts(&undisturbed), "{case}");
        }
    }
}

#[test]
fn a_terminal_prints_nothing_twice_and_its_doubt_is_a_dead_letter() {
    for point in [CrashPoint::AfterPerform, CrashPoint::AnswerLost] {
        let mut office = office();
        // The first effect is the outbox's, the second the terminal's.
        office.driver.crash_at("deliver", point);
        office.driver.crash_at("deliver", point);
        office.driver.pipe(&Story::renamed_column(1).root_cause());
        office.settle();
        office.wait(60);
        let printed = office.printed.lock().expect("free").clone();
        let printed = String::from_utf8(printed).expect("text");
        assert_eq!(printed.matches("■ ledger.close").count(), 1, "{point:?}: {printed}");
        let dead = office.driver.dead_letters();
        assert_eq!((dead.len(), dead[0].error), (1, "doubt"), "{point:?}");
        let ends: Vec<_> = office.outcomes().into_values().flatten().collect();
        assert_eq!(ends, [DeliveryStatus::Delivered, DeliveryStatus::GaveUp], "{point:?}");
    }
}

#[test]
fn an_older_revision_never_replaces_a_newer_one() {
    let mut desk = Desk::new(Retries::Tell);
    news(&Story::renamed_column(1)).into_iter().for_each(|news| desk.hear(news));
    let folder = tempfile::tempdir().expect("a folder");
    let channel = Channel::Outbox(Folder::new(folder.path()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime of one thread");
    let post = |notice: &Notice| runtime.block_on(channel.post(notice, None)).expect("written");
    assert_eq!(post(&desk.notices[2]).revision, 3);
    assert_eq!(post(&desk.notices[0]).revision, 3, "the later one stays");
    let found = runtime.block_on(channel.find(&desk.notices[1])).expect("looked");
    assert_eq!(found.map(|posted| posted.revision), Some(3));
    assert_eq!(runtime.block_on(channel.find(&desk.notices[3])).expect("looked"), None);
}

#[test]
fn a_file_that_is_not_ours_is_left_alone_and_the_refusal_is_told() {
    let mut undisturbed = office();
    undisturbed.driver.pipe(&Story::skewed(1).root_cause());
    undisturbed.settle();
    let (name, _) = undisturbed.files().pop_first().expect("a file");

    let mut office = office();
    let outbox = office.folder.path().join("outbox");
    std::fs::create_dir(&outbox).expect("made");
    std::fs::write(outbox.join(&name), "my notes").expect("written");
    office.driver.pipe(&Story::skewed(1).root_cause());
    office.settle();
    assert_eq!(office.files()[&name], "my notes");
    let dead = office.driver.dead_letters();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].message.contains("move it away"), "{}", dead[0].message);
}

#[test]
fn a_channel_that_the_settings_dropped_is_refused_and_holds_up_nothing() {
    let mut office = office();
    let mut desk = Desk::new(Retries::Tell);
    desk.compose.channels = vec!["gone".to_owned(), "outbox".to_owned()];
    desk.hear(news(&Story::skewed(1)).remove(0));
    desk.notices.iter().for_each(|notice| office.driver.pipe(notice));
    office.settle();
    let ends: Vec<_> = office.outcomes().into_values().flatten().collect();
    assert_eq!(ends, [DeliveryStatus::GaveUp, DeliveryStatus::Delivered]);
    assert!(office.driver.dead_letters()[0].message.contains("\"gone\""));
}
