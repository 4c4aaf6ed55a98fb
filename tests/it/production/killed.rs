//! The real binary, killed at every stage of the walk and started again on the same data folder.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use adp::kafka::{Emitter, Endpoint};
use adp::records::{Codec, Topic};
use adp::registry::Store;

use super::watching::{assert_each_walked_once, await_walks, lying_on, until};
use super::workshop::{CASES, Workshop};

/// Where a record must have come before the process is killed.
const KILLED_AT: [Topic; 8] = [
    Topic::LOG_SUMMARIES,
    Topic::ROOT_CAUSES,
    Topic::DIAGNOSES,
    Topic::FIXES,
    Topic::PULL_REQUESTS,
    Topic::NEWS,
    Topic::NOTICES,
    Topic::DELIVERIES,
];

struct Platform {
    workshop: Workshop,
    broker: String,
    settings: String,
}

impl Platform {
    fn new() -> Self {
        let workshop = Workshop::new();
        let [broker, registry, http] = free_addresses();
        let path = |name: &str| workshop.path(name).display().to_string();
        let settings = format!(
            "[embedded]\nlisten = {broker:?}\nregistry_listen = {registry:?}\ndata = {:?}\n\
             [logs]\nroots = [{:?}]\n[http]\nlisten = {http:?}\n\
             [[repositories]]\nname = \"jobs\"\npath = {:?}\npipelines = [\"*\"]\n\
             [[channels]]\nname = \"outbox\"\nkind = \"outbox\"\npath = {:?}\n",
            path("data"),
            path("logs"),
            path("jobs"),
            path("outbox"),
        );
        let file = workshop.path("adp.toml");
        std::fs::write(&file, settings).unwrap();
        Platform { workshop, broker, settings: file.display().to_string() }
    }

    fn start(&self) -> Serve {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.workshop.path("serve.log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_adp"))
            .args(["--settings", &self.settings, "serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Serve(child)
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.broker)
    }

    fn fail(&self, case: &str, run: usize) {
        let mut event = self.workshop.event(case);
        event["run_id"] = format!("run-{run}").into();
        let emitter = Emitter::new(&self.endpoint()).unwrap();
        // The process may just be starting.
        until("a broker that takes the event", || {
            emitter.emit(Topic::FAILURES, b"k", event.to_string().as_bytes()).ok()
        });
    }

    fn codec(&self) -> Codec {
        let store = Store::open(&self.workshop.path("data/schemas"));
        Codec::register(std::sync::Arc::new(store.expect("nobody else holds it"))).expect("ours")
    }
}

/// Killed when the test is over, however it ends.
struct Serve(Child);

impl Serve {
    /// SIGKILL: nothing is flushed, nobody says goodbye.
    fn kill(mut self) {
        assert!(self.0.try_wait().unwrap().is_none(), "the process had ended by itself");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn terminate(mut self) -> Option<i32> {
        let pid = self.0.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Nothing is left to kill where the test ended it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_addresses<const N: usize>() -> [String; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}

#[test]
fn a_process_killed_at_every_stage_loses_nothing_and_repeats_nothing() {
    let platform = Platform::new();
    let endpoint = platform.endpoint();
    for (run, topic) in KILLED_AT.into_iter().enumerate() {
        let serve = platform.start();
        let before = lying_on(&endpoint, topic).len();
        platform.fail(CASES[run % 2], run);
        until("a record to be killed after", || {
            (lying_on(&endpoint, topic).len() > before).then_some(())
        });
        serve.kill();
    }
    let serve = platform.start();
    await_walks(&endpoint, KILLED_AT.len());
    let codec = Codec::in_memory();
    assert_each_walked_once(&endpoint, &codec, KILLED_AT.len());
    assert_eq!(lying_on(&endpoint, Topic::DEAD_LETTERS), []);
    assert_eq!(serve.terminate(), Some(0), "SIGTERM ends it well");
    let world = platform.workshop.world();
    assert_eq!(world.branches.len(), 2, "{world:?}");
    assert!(world.branches.values().all(|(_, commits)| *commits == 1), "{world:?}");
    assert_eq!((world.pull_requests.len(), world.messages.len()), (2, 2), "{world:?}");
    // The registry gave the same ids after every kill: what it kept is what we wrote with.
    platform.codec();
}
