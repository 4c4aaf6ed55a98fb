//! The service whole, on the embedded broker and on real Kafka.

use std::sync::{Arc, Mutex};

use adp::config::{KafkaMode, Settings};
use adp::kafka::Emitter;
use adp::records::Topic;
use adp::registry::{self, Store};
use adp::service::{self, Service};

use super::watching::{assert_each_walked_once, await_walks, lying_on};
use super::workshop::{CASES, Workshop};
use crate::conformance::targets;

fn walk(settings: &Settings, workshop: &Workshop, async_runtime: &tokio::runtime::Runtime) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watcher: service::Watcher = {
        let seen = seen.clone();
        Arc::new(move |record| seen.lock().unwrap().push(record.message.topic))
    };
    let screen = workshop.screen();
    let service: Service =
        async_runtime.block_on(service::start(settings, &screen, watcher)).expect("it starts");
    let emitter = Emitter::new(service.endpoint()).unwrap();
    for case in CASES {
        let event = workshop.event(case).to_string();
        emitter.emit(Topic::FAILURES, b"k", event.as_bytes()).unwrap();
    }
    emitter.emit(Topic::FAILURES, b"k", b"nonsense").unwrap();
    let endpoint = service.endpoint().clone();
    let codec = service.codec().clone();
    await_walks(&endpoint, CASES.len());
    assert_each_walked_once(&endpoint, &codec, CASES.len());
    let dead = lying_on(&endpoint, Topic::DEAD_LETTERS);
    let header = |name: &str| {
        let found = dead[0].headers.iter().find(|(header, _)| header == name);
        String::from_utf8_lossy(&found.expect("present").1).into_owned()
    };
    assert_eq!((dead.len(), dead[0].value.as_slice()), (1, &b"nonsense"[..]));
    assert_eq!(
        (header("dlq.stage"), header("dlq.error")),
        ("read_logs".into(), "malformed".into())
    );
    assert_eq!(header("dlq.original.topic"), "pipeline.failures");
    assert!(service.is_ready());
    assert!(service.metrics().page().contains("adp_dead_letters_total"));
    async_runtime.block_on(service.stop());
    let world = workshop.world();
    assert_eq!((world.branches.len(), world.pull_requests.len(), world.messages.len()), (2, 2, 3));
    assert!(seen.lock().unwrap().contains(&Topic::DELIVERIES), "the watcher saw it go by");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn failures_walk_through_the_service_on_the_embedded_broker() {
    let workshop = Workshop::new();
    walk(&workshop.settings(), &workshop, &runtime());
}

#[test]
fn failures_walk_through_the_service_on_real_kafka() {
    targets::alone_on_real_kafka(|bootstrap| {
        let (workshop, async_runtime) = (Workshop::new(), runtime());
        let store = Arc::new(Store::in_memory());
        let schemas = registry::serve(store, std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
        let schemas = async_runtime.block_on(schemas).unwrap();
        let mut settings = workshop.settings();
        settings.kafka.mode = KafkaMode::Remote;
        settings.kafka.bootstrap = bootstrap.to_owned();
        settings.registry.url = schemas.url();
        walk(&settings, &workshop, &async_runtime);
        async_runtime.block_on(schemas.stop());
    });
}
