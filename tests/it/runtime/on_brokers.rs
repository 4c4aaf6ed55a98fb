//! The runtime's promises on brokers: the embedded one and real Kafka.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use adp::kafka::{self, Emitter, Endpoint, Slot, TailStart};
use adp::records::delivery::DeliveryStatus;
use adp::records::{Codec, Delivery, Record, Topic};
use adp::runtime::clock::Stopwatch;
use adp::runtime::{
    Batch, Hosting, Journal, JournalError, Repeat, Stop, Topology, Turn, WallClock, host_step,
};

use super::toy::{self, Board};
use crate::conformance::targets;

/// Where a wrapped journal fails, once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FailAt {
    Never,
    BeforeCommit,
    AfterCommit,
}

/// A journal whose step dies around its n-th commit.
struct Dying<J> {
    journal: J,
    at: FailAt,
    commits_left: usize,
}

impl<J: Journal> Journal for Dying<J> {
    fn poll(&mut self, most: usize, wait: Duration) -> Result<Batch, JournalError> {
        self.journal.poll(most, wait)
    }

    fn commit(&mut self, turn: &Turn) -> Result<(), JournalError> {
        let now = self.commits_left == 0 && self.at != FailAt::Never;
        self.commits_left = self.commits_left.saturating_sub(1);
        let died = || JournalError::Fatal { reason: "died as asked".to_owned() };
        if now && self.at == FailAt::BeforeCommit {
            return Err(died());
        }
        self.journal.commit(turn)?;
        if now { Err(died()) } else { Ok(()) }
    }
}

/// The steps of one process, each on its thread.
struct Process {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<(), Stop>>>,
    /// Told by each thread as it ends.
    ended: Receiver<()>,
}

impl Process {
    fn end(self) -> Vec<Result<(), Stop>> {
        self.stop.store(true, Ordering::SeqCst);
        let join = |thread: JoinHandle<_>| thread.join().expect("no step panics");
        self.threads.into_iter().map(join).collect()
    }
}

/// A broker with the topology's topics under names of its own.
struct Bench {
    endpoint: Endpoint,
    prefix: String,
    board: Arc<Mutex<Board>>,
    codec: Arc<Codec>,
    async_runtime: tokio::runtime::Runtime,
}

impl Bench {
    /// Topics have fixed names, so each case has a broker of its own.
    fn new(address: &str) -> Self {
        let async_runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Bench {
            endpoint: Endpoint::new(address),
            prefix: "adp".to_owned(),
            board: Arc::default(),
            codec: Arc::new(Codec::in_memory()),
            async_runtime: async_runtime.expect("a runtime"),
        }
    }

    fn topology(&self) -> Topology {
        toy::topology(&self.board, Repeat::Findable, true)
    }

    fn start(&self, slot: u32, fail: BTreeMap<&'static str, FailAt>) -> Process {
        let topology = self.topology();
        let made = kafka::ensure_topics(&self.endpoint, &topology, 3, 1);
        let partitions = self.async_runtime.block_on(made).expect("topics");
        let stop = Arc::new(AtomicBool::new(false));
        let hosting = Hosting {
            clock: Arc::new(WallClock),
            codec: self.codec.clone(),
            async_runtime: self.async_runtime.handle().clone(),
            stop: stop.clone(),
        };
        let count = topology.steps().len();
        let topology = Arc::new(topology);
        let (tell, ended) = channel();
        let threads = (0..count)
            .map(|index| {
                let (topology, hosting, tell) = (topology.clone(), hosting.clone(), tell.clone());
                let slot = Slot { prefix: self.prefix.clone(), number: slot };
                let (endpoint, partitions) = (self.endpoint.clone(), partitions.clone());
                let step = &topology.steps()[index];
                let at = fail.get(step.name).copied().unwrap_or(FailAt::Never);
                std::thread::spawn(move || {
                    let step = &topology.steps()[index];
                    let journal = kafka::Journal::open(&endpoint, step, &slot, partitions);
                    let journal = journal.expect("the broker answers");
                    let journal = Dying { journal, at, commits_left: 0 };
                    let result = host_step(step, journal, &hosting, |_| {});
                    // Nobody listens any more when the case is over.
                    let _ = tell.send(());
                    result
                })
            })
            .collect();
        Process { stop, threads, ended }
    }

    fn say(&self, words: &[&str]) {
        let emitter = Emitter::new(&self.endpoint).expect("a producer");
        for (index, text) in words.iter().enumerate() {
            let word = toy::word(&format!("dag-{}", index % 5), text);
            let key = word.key();
            emitter
                .emit(Topic::FEEDBACK, key.as_str().as_bytes(), &self.codec.encode(&word))
                .expect("written");
        }
    }

    fn outcomes(&self) -> Vec<Delivery> {
        let mut outcomes = Vec::new();
        let each = |received: adp::runtime::Received| {
            outcomes.push(self.codec.decode(&received.value).expect("a delivery"));
            true
        };
        kafka::tail(&self.endpoint, Topic::DELIVERIES, TailStart::Beginning, each, || false)
            .expect("readable");
        outcomes
    }

    fn await_outcomes(&self, count: usize) -> Vec<Delivery> {
        let watch = Stopwatch::start();
        loop {
            let outcomes = self.outcomes();
            if outcomes.len() >= count {
                return outcomes;
            }
            assert!(watch.elapsed() < Duration::from_secs(60), "{} of {count}", outcomes.len());
        }
    }
}

fn words(count: usize) -> Vec<&'static str> {
    vec!["hello"; count]
}

fn every_word_is_posted_once(address: &str) {
    let bench = Bench::new(address);
    let process = bench.start(0, BTreeMap::new());
    bench.say(&words(40));
    let outcomes = bench.await_outcomes(40);
    assert!(outcomes.iter().all(|delivery| delivery.status == DeliveryStatus::Delivered));
    for ended in process.end() {
        ended.expect("a clean stop");
    }
    let counts = bench.board.lock().expect("free").counts();
    assert_eq!((counts.len(), counts.values().max()), (40, Some(&1)));
}

fn a_step_that_dies_around_a_commit_goes_on_where_it_was(address: &str) {
    let bench = Bench::new(address);
    let mut said = 0;
    for step in ["count", "post"] {
        for at in [FailAt::BeforeCommit, FailAt::AfterCommit] {
            let process = bench.start(0, BTreeMap::from([(step, at)]));
            bench.say(&words(10));
            said += 10;
            process.ended.recv_timeout(Duration::from_secs(60)).expect("a step died");
            assert!(process.end().iter().any(Result::is_err));
        }
    }
    let process = bench.start(0, BTreeMap::new());
    bench.await_outcomes(said);
    process.end();
    let counts = bench.board.lock().expect("free").counts();
    assert_eq!((counts.len(), counts.values().max()), (said, Some(&1)));
    // Memory came back every time: the numbers of each conversation have no gap and no double.
    let mut revisions: BTreeMap<_, Vec<i32>> = BTreeMap::new();
    for outcome in bench.outcomes() {
        revisions.entry(outcome.conversation_id).or_default().push(outcome.revision);
    }
    for numbers in revisions.values_mut() {
        numbers.sort_unstable();
        let whole: Vec<i32> = (1..).take(numbers.len()).collect();
        assert_eq!(*numbers, whole);
    }
}

fn a_second_instance_shares_the_work_and_hands_it_back(address: &str) {
    let bench = Bench::new(address);
    let first = bench.start(0, BTreeMap::new());
    bench.say(&words(10));
    bench.await_outcomes(10);
    let second = bench.start(1, BTreeMap::new());
    bench.say(&words(50));
    bench.await_outcomes(60);
    first.end();
    bench.say(&words(20));
    bench.await_outcomes(80);
    second.end();
    let counts = bench.board.lock().expect("free").counts();
    assert_eq!((counts.len(), counts.values().max()), (80, Some(&1)));
}

/// Makes one test of each case and target, so that the output names both.
macro_rules! cases {
    ($($case:ident,)*) => {
        mod embedded {
            $(#[test] fn $case() { super::$case(&super::targets::fresh()); })*
        }
        mod real_kafka {
            $(#[test] fn $case() { super::targets::alone_on_real_kafka(super::$case); })*
        }
    };
}

cases! {
    every_word_is_posted_once,
    a_step_that_dies_around_a_commit_goes_on_where_it_was,
    a_second_instance_shares_the_work_and_hands_it_back,
}
