//! What lies on the topics of a running platform, as an outsider reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use adp::kafka::{self, Endpoint, TailStart};
use adp::records::{
    Case, Codec, Delivery, Diagnosis, Fix, LogSummary, Notice, PullRequest, Record, RootCause,
    Topic,
};
use adp::runtime::Received;
use adp::runtime::clock::Stopwatch;

/// How long anything may take here.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Asks until there is an answer.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(watch.elapsed() < PATIENCE, "{what} did not come");
        std::thread::yield_now();
    }
}

/// Everything on the topic; none while the broker or the topic is not there.
pub fn lying_on(endpoint: &Endpoint, topic: Topic) -> Vec<Received> {
    let mut all = Vec::new();
    let each = |received| {
        all.push(received);
        true
    };
    // A broker that is starting has nothing to tell yet.
    let _ = kafka::tail(endpoint, topic, TailStart::Beginning, each, || false);
    all
}

fn records<R: Record>(endpoint: &Endpoint, codec: &Codec) -> Vec<R> {
    let lying = lying_on(endpoint, R::TOPIC);
    lying.iter().map(|received| codec.decode(&received.value).expect("ours")).collect()
}

/// How many records each failure has on each of the topics that carry its case.
pub fn walks(endpoint: &Endpoint, codec: &Codec) -> BTreeMap<String, Vec<(Topic, usize)>> {
    let mut counts: BTreeMap<(String, Topic), usize> = BTreeMap::new();
    let mut count = |topic: Topic, case: &Case| {
        *counts.entry((case.failure_id.to_string(), topic)).or_default() += 1;
    };
    let (c, e) = (codec, endpoint);
    records::<LogSummary>(e, c).iter().for_each(|r| count(LogSummary::TOPIC, &r.case));
    records::<RootCause>(e, c).iter().for_each(|r| count(RootCause::TOPIC, &r.case));
    records::<Diagnosis>(e, c).iter().for_each(|r| count(Diagnosis::TOPIC, &r.case));
    records::<Fix>(e, c).iter().for_each(|r| count(Fix::TOPIC, &r.case));
    records::<PullRequest>(e, c).iter().for_each(|r| count(PullRequest::TOPIC, &r.case));
    let mut walks: BTreeMap<String, Vec<(Topic, usize)>> = BTreeMap::new();
    for ((failure, topic), n) in counts {
        walks.entry(failure).or_default().push((topic, n));
    }
    walks
}

/// Waits until so many failures have gone all the way and every notice has its outcome.
pub fn await_walks(endpoint: &Endpoint, n_failures: usize) {
    until("every failure's pull request record", || {
        (lying_on(endpoint, PullRequest::TOPIC).len() >= n_failures).then_some(())
    });
    // Each failure's last record makes news, and the news may or may not make a notice.
    let mut counts = (0, 0, 0);
    let done =
        |(news, notices, outcomes)| news >= 4 * n_failures && notices > 0 && notices == outcomes;
    let watch = Stopwatch::start();
    while !done(counts) {
        let n = |topic| lying_on(endpoint, topic).len();
        counts = (n(Topic::NEWS), n(Notice::TOPIC), n(Delivery::TOPIC));
        assert!(watch.elapsed() < PATIENCE, "news, notices, outcomes: {counts:?}");
    }
}

/// Each of the failures has one record on each topic.
pub fn assert_each_walked_once(endpoint: &Endpoint, codec: &Codec, n_failures: usize) {
    let walks = walks(endpoint, codec);
    assert_eq!(walks.len(), n_failures);
    for (failure, topics) in &walks {
        assert_eq!(topics.len(), 5, "{failure}: {topics:?}");
        assert!(topics.iter().all(|(_, n)| *n == 1), "{failure}: {topics:?}");
    }
}
