//! Logs behind servers that misbehave, in folders, and not there yet.

mod web;
mod waiting;
mod airflow;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use adp::config::{self, Secret, WebLogs};
use adp::world::log_store::{
    Address, Airflow, LogStore, Noted, Objects, Pace, Unavailable, Until, Web,
};
use adp::world::roots::Roots;

#[path = "../fakes/log_server.rs"]
pub mod fake;

/// Short where a test waits for it to be over.
const HASTY: Pace = Pace {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(20),
    idle: Duration::from_millis(300),
    pause: Duration::from_millis(1),
    least_rate: 1024,
    measured: Duration::from_secs(1),
};

/// What a log's text was, how it ended if not well, and what was noted on the way.
#[derive(Debug)]
struct Got {
    text: String,
    broke: Option<String>,
    noted: Noted,
}

fn store(web: &[WebLogs], airflow: &[config::Airflow]) -> LogStore {
    within(web, airflow, 1 << 20, HASTY)
}

fn within(web: &[WebLogs], airflow: &[config::Airflow], most_bytes: u64, pace: Pace) -> LogStore {
    let local = LogStore::new(Roots::new(Vec::<PathBuf>::new()), most_bytes);
    let web = Web::new(web, pace).expect("a client");
    local.with_remote(web, Objects::default(), Airflow::new(airflow, pace).expect("a client"))
}

fn server(url: &str) -> WebLogs {
    WebLogs::plain(url)
}

fn with_token(url: &str, token: &str) -> WebLogs {
    WebLogs { token: Secret::new(token), ..WebLogs::plain(url) }
}

async fn get(store: &LogStore, address: &str) -> Result<Got, Unavailable> {
    read(store, &Address::parse(address)?).await
}

async fn read(store: &LogStore, address: &Address) -> Result<Got, Unavailable> {
    read_for(store, address, Duration::from_secs(60)).await
}

async fn read_for(store: &LogStore, address: &Address, most: Duration) -> Result<Got, Unavailable> {
    let found = store.find(address).await?;
    let until = Until::new(most, Arc::new(AtomicBool::new(false)));
    let mut opened = store.open(&found[0], &until).await?;
    let reading = move || {
        let mut bytes = Vec::new();
        let ended = opened.text.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Got { text, broke: ended.err().map(|e| e.to_string()), noted: opened.notes.noted() }
    };
    Ok(tokio::task::spawn_blocking(reading).await.expect("reading does not panic"))
}
