//! The runtime's promises on the driver: a failure at every point of every step.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adp::records::delivery::DeliveryStatus;
use adp::records::{Delivery, Notice, Topic};
use adp::runtime::{CrashPoint, Driver, Fault, Moment, Repeat};

use super::toy::{self, Board, PATIENCE};

struct World {
    driver: Driver,
    board: Arc<Mutex<Board>>,
}

fn world(repeat: Repeat, finds: bool) -> World {
    let board = Arc::new(Mutex::new(Board::default()));
    let topology = toy::topology(&board, repeat, finds);
    World { driver: Driver::new(topology, 3, Moment(1_000_000)), board }
}

impl World {
    fn say(&mut self, dag: &str, text: &str) {
        self.driver.pipe(&toy::word(dag, text));
    }

    fn settle(&mut self) {
        self.driver.settle().expect("the steps go on");
    }

    fn wait(&mut self, seconds: u64) {
        self.driver.advance(Duration::from_secs(seconds)).expect("the steps go on");
    }

    /// How often each effect is in the world.
    fn posted(&self) -> BTreeMap<String, usize> {
        self.board.lock().expect("no holder panics").counts()
    }

    fn outcomes(&self) -> Vec<(DeliveryStatus, String)> {
        let outcomes = self.driver.read::<Delivery>();
        outcomes.into_iter().map(|delivery| (delivery.status, delivery.reason)).collect()
    }
}

const POINTS: [CrashPoint; 6] = [
    CrashPoint::BeforeCommit,
    CrashPoint::AfterCommit,
    CrashPoint::BeforePerform,
    CrashPoint::AfterPerform,
    CrashPoint::AnswerLost,
    CrashPoint::Evicted,
];

/// Which effects are twice in the world after one failure at each point of each step.
fn doubles(repeat: Repeat, finds: bool) -> Vec<(CrashPoint, usize)> {
    let mut doubles = Vec::new();
    for step in ["count", "post"] {
        for point in POINTS {
            let mut world = world(repeat, finds);
            world.driver.crash_at(step, point);
            for dag in ["a", "b", "a"] {
                world.say(dag, "hello");
            }
            world.wait(55);
            let acts = step == "post";
            let happens =
                acts || matches!(point, CrashPoint::BeforeCommit | CrashPoint::AfterCommit);
            assert_eq!(world.driver.pending_crashes(), usize::from(!happens), "{step} {point:?}");
            assert_eq!(world.outcomes().len(), 3, "{step} {point:?}: every notice has its outcome");
            assert_eq!(world.driver.lag(), 0);
            doubles.extend(world.posted().values().filter(|n| **n > 1).map(|n| (point, *n)));
        }
    }
    doubles
}

#[test]
fn a_findable_effect_happens_once_whatever_crashes() {
    assert_eq!(doubles(Repeat::Findable, true), []);
}

#[test]
fn the_crash_test_sees_a_double_when_looking_is_blinded() {
    let seen: Vec<CrashPoint> =
        doubles(Repeat::Findable, false).into_iter().map(|(point, _)| point).collect();
    assert_eq!(seen, [CrashPoint::AfterPerform, CrashPoint::AnswerLost]);
}

#[test]
fn a_regrettable_effect_never_happens_twice_and_its_doubt_is_a_dead_letter() {
    assert_eq!(doubles(Repeat::Regrettable, false), []);
    let mut world = world(Repeat::Regrettable, false);
    world.driver.crash_at("post", CrashPoint::AfterPerform);
    world.say("a", "hello");
    world.wait(30);
    assert_eq!(world.outcomes(), [(DeliveryStatus::GaveUp, "doubt".to_owned())]);
    let dead = world.driver.dead_letters();
    assert_eq!((dead.len(), dead[0].stage, dead[0].error), (1, "post", "doubt"));
}

#[test]
fn a_record_that_is_refused_or_breaks_its_stage_goes_aside_and_the_flow_goes_on() {
    let mut world = world(Repeat::Findable, true);
    world.say("a", "refuse");
    world.say("a", "panic");
    world.driver.pipe_bytes(Topic::FEEDBACK, b"k", b"nonsense".to_vec());
    world.say("a", "hello");
    world.settle();
    let mut errors: Vec<_> =
        world.driver.dead_letters().iter().map(|dead| (dead.error, dead.message.clone())).collect();
    errors.sort();
    assert_eq!(errors[0], ("bug", "a bug of ours".to_owned()));
    assert!(errors[1].1.contains("first byte is 0x6e"), "{errors:?}");
    assert_eq!(errors[2], ("rejected", "not to our taste".to_owned()));
    assert_eq!(world.outcomes(), [(DeliveryStatus::Delivered, String::new())]);
}

#[test]
fn a_transient_fault_waits_in_the_ledger_and_gives_up_when_patience_is_over() {
    let mut world = world(Repeat::Findable, true);
    world.board.lock().expect("free").faults =
        vec![Fault::transient("busy"), Fault::transient("busy")];
    world.say("a", "hello");
    world.settle();
    assert_eq!(world.outcomes(), []);
    world.driver.restart();
    world.wait(30);
    assert_eq!(world.outcomes(), [(DeliveryStatus::Delivered, String::new())]);

    world.board.lock().expect("free").faults = vec![Fault::transient("busy"); 1_000];
    world.say("b", "hello");
    world.wait(PATIENCE.as_secs() + 61);
    let last = world.outcomes().into_iter().filter(|(_, reason)| reason == "patience_over");
    assert!(last.count() >= 1);
}

#[test]
fn a_refused_effect_is_given_up_with_a_dead_letter() {
    let mut world = world(Repeat::Findable, true);
    world.board.lock().expect("free").faults = vec![Fault::refused("no such board")];
    world.say("a", "hello");
    world.settle();
    assert_eq!(world.outcomes(), [(DeliveryStatus::GaveUp, "refused".to_owned())]);
    assert_eq!(world.driver.dead_letters()[0].message, "no such board");
}

#[test]
fn an_alarm_rings_once_also_after_a_restart() {
    let mut world = world(Repeat::Findable, true);
    world.say("a", "hello");
    world.settle();
    world.driver.restart();
    world.wait(59);
    assert_eq!(world.driver.read::<Notice>().len(), 1);
    world.wait(2);
    world.wait(300);
    let notices = world.driver.read::<Notice>();
    assert_eq!(notices.iter().filter(|n| n.title == "reminder").count(), 1);
}

#[test]
fn an_input_that_ends_the_process_is_given_up_at_its_third_start() {
    let mut world = world(Repeat::Harmless, false);
    for _ in 0..4 {
        world.driver.crash_at("post", CrashPoint::BeforePerform);
    }
    world.say("a", "hello");
    world.settle();
    let dead = world.driver.dead_letters();
    assert_eq!((dead.len(), dead[0].error), (1, "poison"));
    assert_eq!(world.driver.pending_crashes(), 1, "it was started three times");
    assert_eq!(world.outcomes(), [(DeliveryStatus::GaveUp, "poison".to_owned())]);
}

#[test]
fn messages_carry_cloud_event_headers_and_pass_the_trace_on() {
    let mut world = world(Repeat::Findable, true);
    world.say("a", "hello");
    world.settle();
    let lying = world.driver.lying_on(Topic::NOTICES);
    let header = |name: &str| {
        let found = lying[0].headers.iter().find(|(header, _)| header == name);
        String::from_utf8(found.expect("present").1.clone()).expect("text")
    };
    assert_eq!(header("ce_type"), "io.adp.notices");
    assert_eq!(header("ce_source"), "/adp/count");
    assert_eq!(header("ce_time"), "1970-01-01T00:16:40Z");
}

#[test]
fn every_record_that_wants_an_unfinished_effect_gets_an_outcome_of_its_own() {
    for point in [None, Some(CrashPoint::AfterPerform), Some(CrashPoint::AnswerLost)] {
        let board = Arc::new(Mutex::new(Board::default()));
        board.lock().unwrap().faults = vec![Fault::transient("busy")];
        let topology = toy::posting(&board, Repeat::Findable, true);
        let mut driver = Driver::new(topology, 1, Moment(1_000_000));
        if let Some(point) = point {
            driver.crash_at("post", point);
        }
        let notice = toy::notice("a", 1, "news");
        driver.pipe(&notice);
        driver.settle().unwrap();
        driver.pipe(&notice);
        driver.settle().unwrap();
        driver.restart();
        driver.pipe(&notice);
        driver.advance(Duration::from_secs(60)).unwrap();
        let ends: Vec<_> = driver.read::<Delivery>().into_iter().map(|d| d.status).collect();
        use DeliveryStatus::{Delivered, DeliveredBefore};
        assert_eq!(ends, [Delivered, DeliveredBefore, DeliveredBefore], "{point:?}");
        assert_eq!(board.lock().unwrap().posted.len(), 1, "{point:?}");
    }
}
