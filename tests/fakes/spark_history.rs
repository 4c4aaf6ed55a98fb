//! A Spark History Server on loopback: real answers recorded from real ones, the statuses it
//! gives, and on request the moods it has.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::oneshot;

/// How the server takes a question whose path ends so.
#[derive(Clone, Debug)]
pub enum Mood {
    /// Never answers.
    Silent,
    /// A page of a proxy, with status 200.
    Html,
    /// JSON of another shape.
    OtherShape,
    /// More than anybody wants to read.
    Endless,
    /// This status.
    Status(u16),
    /// Sends the asker there, with the rest of the path.
    Elsewhere(String),
    /// Does not know it this many times, as while the log is not parsed yet.
    Behind(u32),
}

/// The running server; it ends when dropped.
pub struct SparkHistory {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
    _stop: oneshot::Sender<()>,
}

#[derive(Default)]
struct Memory {
    asked: Vec<String>,
    moods: BTreeMap<String, Mood>,
}

impl SparkHistory {
    pub async fn start() -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&memory));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, app) => served.expect("loopback serves"),
                _ = stopped => {}
            }
        });
        Self { address, memory, _stop: stop }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, questions whose path ends so meet this mood.
    pub fn mood(&self, path_ends: &str, mood: Mood) {
        self.memory.lock().expect("no panic inside").moods.insert(path_ends.to_owned(), mood);
    }

    /// Paths with queries, in the order they were asked.
    pub fn asked(&self) -> Vec<String> {
        self.memory.lock().expect("no panic inside").asked.clone()
    }
}

async fn answer(State(memory): State<Arc<Mutex<Memory>>>, uri: Uri) -> Response {
    match mood_for(&memory, &uri) {
        None => recorded(&uri),
        Some(Mood::Silent) => std::future::pending().await,
        Some(Mood::Html) => "<html><body>Please sign in</body></html>".into_response(),
        Some(Mood::OtherShape) => json(r#"{"message":"soon"}"#.to_owned()),
        Some(Mood::Endless) => json(format!("[{}1]", "1,".repeat(1 << 20))),
        Some(Mood::Status(code)) => StatusCode::from_u16(code).expect("a status").into_response(),
        Some(Mood::Elsewhere(host)) => {
            (StatusCode::FOUND, [(header::LOCATION, format!("{host}{uri}"))]).into_response()
        }
        Some(Mood::Behind(_)) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn mood_for(memory: &Mutex<Memory>, uri: &Uri) -> Option<Mood> {
    let mut memory = memory.lock().expect("no panic inside");
    memory.asked.push(uri.to_string());
    let (ending, mood) = memory
        .moods
        .iter()
        .find(|(ending, _)| uri.path().ends_with(ending.as_str()))
        .map(|(ending, mood)| (ending.clone(), mood.clone()))?;
    if let Mood::Behind(times) = mood {
        let left = times.checked_sub(1)?;
        memory.moods.insert(ending, Mood::Behind(left));
    }
    Some(mood)
}

/// The recorded answer, narrowed by the query as the server itself does it.
fn recorded(uri: &Uri) -> Response {
    if uri.path() == "/api/v1/applications" {
        return json(Value::Array(applications()).to_string());
    }
    let Some(rest) = uri.path().strip_prefix("/api/v1/applications/") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let parts: Vec<&str> = rest.split('/').collect();
    let Some(mut value) = file_of(&parts).and_then(|file| load(&file)) else {
        return (StatusCode::NOT_FOUND, "unknown app or resource").into_response();
    };
    if let Some(code) = value.get("_http_error").and_then(Value::as_u64) {
        let body = value["_body"].as_str().unwrap_or_default().to_owned();
        let code = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        return (code.expect("a recorded status"), body).into_response();
    }
    let query: Vec<(&str, &str)> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    if let Value::Array(items) = &mut value {
        let wanted: Vec<String> = query
            .iter()
            .filter(|(key, _)| *key == "status")
            .map(|(_, v)| v.to_uppercase())
            .collect();
        items.retain(|item| {
            wanted.is_empty() || item["status"].as_str().is_some_and(|s| wanted.contains(&s.into()))
        });
        if let Some((_, length)) = query.iter().find(|(key, _)| *key == "length") {
            items.truncate(length.parse().expect("a length is a number"));
        }
    }
    json(value.to_string())
}

fn file_of(parts: &[&str]) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes/spark_history");
    let name = match parts {
        [_] => "application.json".to_owned(),
        [_, resource] => format!("{resource}.json"),
        [_, "stages", id, attempt, resource] => format!("{resource}_{id}_{attempt}.json"),
        _ => return None,
    };
    Some(folder.join(parts[0]).join(name))
}

/// Every application there is, as the server lists them.
fn applications() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakes/spark_history");
    let listed = std::fs::read_dir(folder).expect("the recorded answers");
    let of = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").path();
    listed.filter_map(|entry| load(&of(entry).join("application.json"))).collect()
}

fn load(file: &Path) -> Option<Value> {
    let text = std::fs::read(file).ok()?;
    Some(serde_json::from_slice(&text).expect("a recorded answer is JSON"))
}

fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
