//! Hosts the whole topology in one thread, without a broker and with a clock that is moved.
//!
//! Tests and `adp analyze` use it: pipe a record, settle, read a topic, move the clock. Hosts run
//! the same code as on Kafka; the driver may end them at any point and start them again on what
//! they had committed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::clock::{Clock, Moment};
use super::effects::{Answer, Effects, Ending, Finished, Start, Wanted, run};
use super::host::{Host, Stop};
use super::hosting::NoEffects;
use super::in_memory::{Cluster, Fault as JournalFault, InMemory, When};
use super::journal::{DeadLetter, JournalError};
use super::message::Received;
use super::step::{Acts, Kind};
use super::topology::Topology;
use crate::records::{Codec, Key, Record, Topic};

/// Where a step may be made to crash, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// The turn is made and not committed.
    BeforeCommit,
    /// The turn is committed and nothing after it has happened.
    AfterCommit,
    /// The try is on the books and nothing has happened in the world.
    BeforePerform,
    /// It happened in the world and nobody wrote it down.
    AfterPerform,
    /// It happened in the world and its answer never comes; the process lives on.
    AnswerLost,
    /// The partitions go to somebody else while it happens; the answer comes afterwards.
    Evicted,
}

/// The topology, its topics, and a clock.
pub struct Driver {
    topology: Topology,
    codec: Arc<Codec>,
    cluster: Arc<Mutex<Cluster>>,
    clock: Arc<ManualClock>,
    async_runtime: Arc<tokio::runtime::Runtime>,
    crashes: Crashes,
    hosts: Vec<Host<InMemory>>,
    restarts: usize,
}

impl Driver {
    /// A driver whose clock stands at `start` and whose topics have `partitions` partitions.
    ///
    /// # Panics
    /// When the topology does not fit together, or no async runtime can be made.
    pub fn new(topology: Topology, partitions: i32, start: Moment) -> Self {
        topology.check().expect("the topology fits together");
        let async_runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut driver = Driver {
            topology,
            codec: Arc::new(Codec::in_memory()),
            cluster: Arc::new(Mutex::new(Cluster::new(partitions))),
            clock: Arc::new(ManualClock(AtomicI64::new(start.0))),
            async_runtime: Arc::new(async_runtime.expect("an async runtime of one thread")),
            crashes: Arc::default(),
            hosts: Vec::new(),
            restarts: 0,
        };
        driver.restart();
        driver
    }

    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    /// Puts a record on its topic, as another program would.
    pub fn pipe<R: Record>(&mut self, record: &R) {
        let value = self.codec.encode(record);
        self.pipe_bytes(R::TOPIC, record.key().as_str().as_bytes(), value);
    }

    /// Puts any bytes on a topic.
    pub fn pipe_bytes(&mut self, topic: Topic, key: &[u8], value: Vec<u8>) {
        let at = self.clock.now();
        self.cluster().append(topic, key, value, Vec::new(), at);
    }

    /// Runs every step until none has anything to do at this moment.
    ///
    /// # Errors
    /// When a step cannot go on.
    pub fn settle(&mut self) -> Result<(), Stop> {
        loop {
            match self.round() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(Stop::Journal { source: JournalError::Fatal { reason }, .. })
                    if reason == CRASH =>
                {
                    self.restarts += 1;
                    self.restart();
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Moves the clock on and settles at every moment at which something is due.
    ///
    /// # Errors
    /// When a step cannot go on.
    pub fn advance(&mut self, span: Duration) -> Result<(), Stop> {
        let end = self.clock.now().plus(span);
        loop {
            self.settle()?;
            match self.next_due()? {
                Some(due) if due <= end && due > self.clock.now() => self.clock.set(due),
                _ => break,
            }
        }
        self.clock.set(end);
        self.settle()
    }

    /// Settles, and moves the clock to whatever is due until nothing is.
    ///
    /// # Errors
    /// When a step cannot go on.
    pub fn run_dry(&mut self) -> Result<(), Stop> {
        loop {
            self.settle()?;
            match self.next_due()? {
                Some(due) if due > self.clock.now() => self.clock.set(due),
                _ => return Ok(()),
            }
        }
    }

    /// Every record on the topic.
    ///
    /// # Panics
    /// When something on the topic is not such a record.
    pub fn read<R: Record>(&self) -> Vec<R> {
        let lying = self.lying_on(R::TOPIC);
        lying
            .iter()
            .map(|received| self.codec.decode(&received.value).expect("a record of its topic"))
            .collect()
    }

    /// Every message on the topic, as bytes.
    pub fn lying_on(&self, topic: Topic) -> Vec<Received> {
        self.cluster().read(topic)
    }

    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.cluster().dead().to_vec()
    }

    /// Messages that no step has read yet.
    pub fn lag(&self) -> i64 {
        let cluster = self.cluster();
        self.topology.steps().iter().map(|step| cluster.lag(step.name, step.reads)).sum()
    }

    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The step crashes when it next comes to the point; several are met in the order of asking.
    pub fn crash_at(&mut self, step: &'static str, point: CrashPoint) {
        self.crashes().asked_for.push_back((step, point));
    }

    /// How often hosts were started again.
    pub fn restarts(&self) -> usize {
        self.restarts
    }

    /// Crashes that were asked for and have not happened.
    pub fn pending_crashes(&self) -> usize {
        self.crashes().asked_for.len()
    }

    /// Ends every host and starts new ones on what was committed.
    pub fn restart(&mut self) {
        self.crashes().process_is_dead = false;
        self.hosts = self.topology.steps().iter().map(|step| self.host(step)).collect();
    }

    fn host(&self, step: &super::Step) -> Host<InMemory> {
        let crashes = self.crashes.clone();
        let fault: JournalFault =
            Arc::new(move |step, when| lock(&crashes).journal_fault(step, when));
        let journal =
            InMemory::new(step.name, step.reads, self.cluster.clone(), self.clock.clone(), fault);
        let effects: Box<dyn Effects + Send> = match &step.kind {
            Kind::Decides { .. } => Box::new(NoEffects),
            Kind::Acts(action) => Box::new(InPlace {
                step: step.name,
                action: action.clone(),
                codec: self.codec.clone(),
                async_runtime: self.async_runtime.clone(),
                crashes: self.crashes.clone(),
                finished: Vec::new(),
            }),
        };
        Host::new(step, journal, effects, self.clock.clone(), self.codec.clone())
    }

    /// One turn of every step; whether any did something.
    fn round(&mut self) -> Result<bool, Stop> {
        let mut worked = false;
        for host in &mut self.hosts {
            let progress = host.turn(Duration::ZERO)?;
            worked |= progress.worked || progress.handed_over;
        }
        Ok(worked)
    }

    fn next_due(&mut self) -> Result<Option<Moment>, Stop> {
        let mut due = None;
        for host in &mut self.hosts {
            let next = host.turn(Duration::ZERO)?.next_due;
            due = due.into_iter().chain(next).min();
        }
        Ok(due)
    }

    fn crashes(&self) -> std::sync::MutexGuard<'_, Injected> {
        lock(&self.crashes)
    }

    fn cluster(&self) -> std::sync::MutexGuard<'_, Cluster> {
        self.cluster.lock().expect("no holder panics")
    }

    /// Messages of the topic with the key, decoded.
    ///
    /// # Panics
    /// As `read`.
    pub fn read_of<R: Record>(&self, key: &Key) -> Vec<R> {
        self.read::<R>().into_iter().filter(|record| record.key() == *key).collect()
    }
}

/// What a crash looks like to the host; nothing after it runs.
const CRASH: &str = "crashed as asked";

fn crash() -> JournalError {
    JournalError::Fatal { reason: CRASH.to_owned() }
}

/// What was asked to go wrong, and what of it is going wrong now.
#[derive(Default)]
struct Injected {
    asked_for: VecDeque<(&'static str, CrashPoint)>,
    process_is_dead: bool,
    evicted: Option<&'static str>,
}

type Crashes = Arc<Mutex<Injected>>;

fn lock(crashes: &Crashes) -> std::sync::MutexGuard<'_, Injected> {
    crashes.lock().expect("no holder panics")
}

impl Injected {
    /// Whether the step is to fail at the point now; each failure asked for happens once.
    fn take(&mut self, step: &'static str, point: CrashPoint) -> bool {
        let hit = self.asked_for.front() == Some(&(step, point));
        if hit {
            self.asked_for.pop_front();
        }
        hit
    }

    fn journal_fault(&mut self, step: &'static str, when: When) -> Option<JournalError> {
        if self.process_is_dead {
            return Some(crash());
        }
        if when == When::BeforeCommit && self.evicted.take_if(|evicted| *evicted == step).is_some()
        {
            return Some(JournalError::TenureLost { reason: "evicted as asked".to_owned() });
        }
        let point = match when {
            When::BeforePoll => return None,
            When::BeforeCommit => CrashPoint::BeforeCommit,
            When::AfterCommit => CrashPoint::AfterCommit,
        };
        self.take(step, point).then(crash)
    }
}

/// A clock that stands until it is set.
struct ManualClock(AtomicI64);

impl ManualClock {
    fn set(&self, moment: Moment) {
        self.0.store(moment.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

/// Runs each effect to its end where it is started.
struct InPlace {
    step: &'static str,
    action: Arc<dyn Acts>,
    codec: Arc<Codec>,
    async_runtime: Arc<tokio::runtime::Runtime>,
    crashes: Crashes,
    finished: Vec<Finished>,
}

impl Effects for InPlace {
    fn start(&mut self, start: Start) {
        let ending = Ending::of(&start);
        let performs = start.wanted == Wanted::Perform;
        let hit = |point| {
            let mut crashes = lock(&self.crashes);
            let hit = performs && crashes.take(self.step, point);
            crashes.process_is_dead |=
                hit && matches!(point, CrashPoint::BeforePerform | CrashPoint::AfterPerform);
            if hit && point == CrashPoint::Evicted {
                crashes.evicted = Some(self.step);
            }
            hit
        };
        if hit(CrashPoint::BeforePerform) {
            return;
        }
        let answer = self.async_runtime.block_on(run(&*self.action, &self.codec, &start));
        if hit(CrashPoint::AfterPerform) {
            return;
        }
        let lost = hit(CrashPoint::AnswerLost);
        hit(CrashPoint::Evicted);
        let answer = if lost {
            Answer::Performed(Err(super::Fault::unsure("the answer never came")))
        } else {
            answer
        };
        self.finished.push(ending.with(answer));
    }

    fn finished(&mut self, _: Duration) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }
}
