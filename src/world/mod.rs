//! Clients and stores of the world outside: what we ask, and what we refuse to be sent to.

pub mod roots;
pub mod outbound;
pub mod log_store;
pub mod spark_history;
pub mod forge;
pub mod chat;

use std::io::Write;
use std::sync::{Arc, Mutex};

use chat::{Channel, Channels, Outbox, Terminal};
use forge::{Repositories, Repository};
use log_store::{Airflow, LogStore, Objects, Pace, Web};
use roots::Roots;
use spark_history::HistoryServer;

use crate::config::{ChannelKind, Settings};
use crate::stages::check_metrics::Places;

/// Everything outside that the steps touch, as the settings allow it.
pub struct World {
    pub logs: LogStore,
    pub spark: Places,
    pub forge: Arc<Repositories>,
    pub channels: Channels,
}

/// Where a terminal channel prints.
#[derive(Clone)]
pub struct Screen {
    pub writer: Arc<Mutex<dyn Write + Send>>,
    /// Columns.
    pub width: usize,
}

impl World {
    /// # Errors
    /// When no HTTP client can be set up on this machine.
    pub fn new(settings: &Settings, screen: &Screen) -> Result<Self, reqwest::Error> {
        let Settings { repositories, channels, .. } = settings;
        Ok(World {
            logs: log_store(settings)?,
            spark: places(settings)?,
            forge: Arc::new(Repositories::new(repositories.iter().map(repository).collect())),
            channels: channels
                .iter()
                .map(|channel| (channel.name.clone(), place(channel, screen)))
                .collect(),
        })
    }
}

/// Every place that the settings name.
///
/// # Errors
/// When no HTTP client can be set up on this machine.
pub fn log_store(settings: &Settings) -> Result<LogStore, reqwest::Error> {
    let Settings { logs, airflow, .. } = settings;
    let pace = Pace::default();
    let local = LogStore::new(Roots::new(logs.roots.clone()), logs.most_bytes);
    let web = Web::new(&logs.web, pace)?;
    Ok(local.with_remote(web, Objects::new(&logs.objects, pace), Airflow::new(airflow, pace)?))
}

fn places(settings: &Settings) -> Result<Places, reqwest::Error> {
    let metrics = &settings.metrics;
    let hosts: Vec<String> = metrics.history_servers.iter().filter_map(|url| host(url)).collect();
    let history = HistoryServer::new(hosts, Default::default())?;
    Ok(Places {
        roots: Roots::new(metrics.event_log_roots.clone()),
        event_log_folders: metrics.event_log_roots.clone(),
        history: Some(history),
        history_url: metrics.history_servers.first().cloned(),
        ..Places::default()
    })
}

/// Name and port of an address, as the allow-list wants them.
fn host(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn repository(settings: &crate::config::Repository) -> Repository {
    Repository {
        name: settings.name.clone(),
        path: settings.path.clone(),
        base: settings.branch.clone(),
        jobs: settings.jobs.to_string_lossy().into_owned(),
        pipelines: settings.pipelines.clone(),
        pull_requests: None,
    }
}

fn place(channel: &crate::config::Channel, screen: &Screen) -> Channel {
    match channel.kind {
        ChannelKind::Terminal => {
            Channel::Terminal(Terminal::new(screen.writer.clone(), screen.width))
        }
        ChannelKind::Outbox => Channel::Outbox(Outbox::new(&channel.path)),
    }
}
