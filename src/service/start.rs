//! Puts a process together, in the order in which its parts need each other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use adp_broker::{Broker, Storage};
use tokio::sync::mpsc;

use super::reload::Reload;
use super::watch::{Observer, Watcher};
use super::{Embedded, Ended, Service, ServiceError};
use crate::config::{KafkaMode, Settings};
use crate::errors::ErrorCode;
use crate::kafka::{self, Endpoint, Journal, Slot, Timing};
use crate::records::Codec;
use crate::registry::{self, Account, HttpRegistry, Registry, Store};
use crate::runtime::{Hosting, Step, Topology, WallClock, host_step};
use crate::signatures::{PackFiles, Rulebook, Rules};
use crate::telemetry::{self, Metrics, Readiness};
use crate::topology::topology;
use crate::world::forge::local;
use crate::world::{Screen, World};

/// Starts everything that the settings name.
///
/// # Errors
/// When something that is needed is not there; what was started is stopped again.
pub async fn start(
    settings: &Settings,
    screen: &Screen,
    watcher: Watcher,
) -> Result<Service, ServiceError> {
    warn_of_repositories(settings);
    let files = PackFiles::read(&settings.rules.packs)?;
    let rulebook = Rulebook::new(Rules::of(&files, &settings.rules.disable)?);
    let world = World::new(settings, screen).map_err(|e| ServiceError::Http(e.to_string()))?;
    let topology = Arc::new(topology(settings, world, rulebook.clone()));
    topology.check().expect("the production topology fits together, as its test says");
    let (endpoint, registry, registry_url, embedded) = connect(settings).await?;
    let codec = register(registry).await?;
    let Settings { kafka: kafka_settings, http, runtime, .. } = settings;
    let partitions = kafka::ensure_topics(
        &endpoint,
        &topology,
        kafka_settings.partitions,
        kafka_settings.replication_factor,
    )
    .await?;
    let names: Vec<&'static str> = topology.steps().iter().map(|step| step.name).collect();
    let metrics = Arc::new(Metrics::new(&names));
    let readiness = Arc::new(Readiness::of(&names));
    let health = telemetry::serve(metrics.clone(), readiness.clone(), http.listen)
        .await
        .map_err(listen(http.listen, "metrics and health"))?;
    let stop = Arc::new(AtomicBool::new(false));
    let hosting = Hosting {
        clock: Arc::new(WallClock),
        codec: codec.clone(),
        async_runtime: tokio::runtime::Handle::current(),
        stop: stop.clone(),
    };
    let observer = Observer::new(
        metrics.clone(),
        readiness.clone(),
        codec.clone(),
        settings.channels.iter().map(|channel| channel.name.clone()).collect(),
        watcher,
    );
    let slot = Slot { prefix: kafka_settings.group_prefix.clone(), number: kafka_settings.slot };
    let (tell, ended) = mpsc::unbounded_channel();
    let mut threads = Vec::new();
    for index in 0..topology.steps().len() {
        let thread = StepThread {
            topology: topology.clone(),
            index,
            endpoint: endpoint.clone(),
            slot: slot.clone(),
            partitions: partitions.clone(),
            hosting: hosting.clone(),
            observer: observer.clone(),
        };
        threads.push(thread.spawn(tell.clone()));
    }
    threads.push(observer.measure_lag(&endpoint, stop.clone())?);
    let reload = Reload::new(settings.rules.clone(), files, rulebook, metrics.clone());
    threads.push(reload.watch(stop.clone()));
    Ok(Service {
        endpoint,
        codec,
        registry_url,
        health,
        readiness,
        metrics,
        stop,
        threads,
        ended,
        embedded,
        drain: runtime.drain(),
    })
}

/// Other pipelines have other repositories, so one that is not there does not stop them all.
fn warn_of_repositories(settings: &Settings) {
    for repository in &settings.repositories {
        if let Some(problem) = local::problem(&repository.path, &repository.branch) {
            let code = ErrorCode::RepositoryUnusable;
            let name = &repository.name;
            tracing::error!(%code, name, problem, "no fix will be written for this repository");
        }
    }
}

type Connected = (Endpoint, Arc<dyn Registry>, String, Option<Embedded>);

/// Where the topics and the schemas are. Nothing above knows whether they are embedded.
async fn connect(settings: &Settings) -> Result<Connected, ServiceError> {
    let timing = Timing { turn: settings.runtime.turn_wait(), ..Timing::default() };
    match settings.kafka.mode {
        KafkaMode::Embedded => {
            let (embedded, store) = start_embedded(settings).await?;
            let endpoint =
                Endpoint { timing, ..Endpoint::new(embedded.broker.address().to_string()) };
            let url = embedded.registry.url();
            Ok((endpoint, store, url, Some(embedded)))
        }
        KafkaMode::Remote => {
            let endpoint = Endpoint { timing, ..Endpoint::remote(&settings.kafka) };
            let (registry, url) = remote_registry(settings)?;
            Ok((endpoint, registry, url, None))
        }
    }
}

async fn start_embedded(settings: &Settings) -> Result<(Embedded, Arc<Store>), ServiceError> {
    let embedded = &settings.embedded;
    let broker = Broker::start(adp_broker::Settings {
        listen: embedded.listen,
        ..adp_broker::Settings::new(Storage::Folder(embedded.data.join("broker")))
    })
    .await?;
    let store = Arc::new(Store::open(&embedded.registry_file())?);
    let registry = registry::serve(store.clone(), embedded.registry_listen)
        .await
        .map_err(listen(embedded.registry_listen, "the schema registry"))?;
    Ok((Embedded { broker, registry }, store))
}

fn remote_registry(settings: &Settings) -> Result<(Arc<dyn Registry>, String), ServiceError> {
    let registry = &settings.registry;
    let url = registry.url().ok_or_else(|| ServiceError::NoRegistry(registry.url.clone()))?;
    let account = Account::of(registry);
    let text = url.to_string();
    let client = HttpRegistry::new(url, account, tokio::runtime::Handle::current())?;
    Ok((Arc::new(client), text))
}

/// The registry's calls block.
async fn register(registry: Arc<dyn Registry>) -> Result<Arc<Codec>, ServiceError> {
    let codec = tokio::task::spawn_blocking(move || Codec::register(registry)).await;
    Ok(Arc::new(codec.map_err(|_| ServiceError::Panicked("registering schemas"))??))
}

fn listen(
    address: std::net::SocketAddr,
    purpose: &'static str,
) -> impl FnOnce(std::io::Error) -> ServiceError {
    move |source| ServiceError::Listen { address, purpose, source }
}

/// What a step's thread takes along.
struct StepThread {
    topology: Arc<Topology>,
    index: usize,
    endpoint: Endpoint,
    slot: Slot,
    partitions: BTreeMap<String, i32>,
    hosting: Hosting,
    observer: Observer,
}

impl StepThread {
    fn spawn(self, tell: mpsc::UnboundedSender<Ended>) -> std::thread::JoinHandle<()> {
        std::thread::spawn(move || {
            let name = self.step().name;
            let run = std::panic::AssertUnwindSafe(|| self.run());
            let result = std::panic::catch_unwind(run)
                .unwrap_or(Err(ServiceError::Panicked(name)))
                .inspect_err(|error| self.observer.stopped(name, error));
            // Nobody listens any more when the process stops by itself.
            let _ = tell.send(Ended(result));
        })
    }

    fn step(&self) -> &Step {
        &self.topology.steps()[self.index]
    }

    fn run(&self) -> Result<(), ServiceError> {
        let StepThread { endpoint, slot, partitions, hosting, observer, .. } = self;
        let step = self.step();
        let journal = Journal::open(endpoint, step, slot, partitions.clone())?;
        host_step(step, journal, hosting, |progress| observer.observe(step.name, progress))?;
        Ok(())
    }
}
