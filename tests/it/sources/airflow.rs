//! The logs of tasks from Airflow's API, as Airflow 2.10 and 3.3 answer.

use std::sync::{Arc, Mutex};

use adp::config::{self, AirflowVersion, Secret};
use adp::world::log_store::{Address, TaskLog, Unavailable};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{read, store};

const PREAMBLE: &str = "{\"timestamp\":null,\"event\":\"::group::Log message source details\"}\n{\"timestamp\":null,\"event\":\"/logs/attempt=1.log\"}\n{\"timestamp\":null,\"event\":\"::endgroup::\"}\n";
const LINE: &str = "{\"timestamp\":\"2026-11-24T00:57:02.999384Z\",\"event\":\"::group::Pre Execute\",\"level\":\"info\"}\n";

#[derive(Default)]
struct Memory {
    is_two: bool,
    has_line: bool,
    asked: Vec<String>,
}

type Shared = Arc<Mutex<Memory>>;

async fn answer(State(memory): State<Shared>, request: Request) -> Response {
    let (request, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000).await.unwrap_or_default();
    let uri = request.uri.to_string();
    let sent = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    let account = sent(header::AUTHORIZATION).unwrap_or_default().to_owned();
    let accept = sent(header::ACCEPT).unwrap_or_default().to_owned();
    let mut memory = memory.lock().expect("no panic inside");
    memory.asked.push(uri.clone());
    let log = "dags/d/dagRuns/manual__1+00:00/taskInstances/t/logs/2?full_content=true&map_index=";
    match (memory.is_two, uri.as_str()) {
        (false, "/api/v2/version") => r#"{"version":"3.3.2"}"#.into_response(),
        (false, "/auth/token") => {
            let login: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            if login["username"] == "adp" && login["password"] == "hunter2" {
                (StatusCode::CREATED, r#"{"access_token":"jwt"}"#).into_response()
            } else {
                StatusCode::UNAUTHORIZED.into_response()
            }
        }
        (false, uri) if uri == format!("/api/v2/{log}3") => {
            if account != "Bearer jwt" {
                return (StatusCode::UNAUTHORIZED, r#"{"detail":"Not authenticated"}"#)
                    .into_response();
            }
            assert_eq!(accept, "application/x-ndjson");
            let line = if memory.has_line { LINE } else { "" };
            ([(header::CONTENT_TYPE, "application/x-ndjson")], format!("{PREAMBLE}{line}"))
                .into_response()
        }
        (true, uri) if uri == format!("/api/v1/{log}-1") => {
            assert_eq!(
                (account.as_str(), accept.as_str()),
                ("Basic YWRwOmh1bnRlcjI=", "text/plain")
            );
            "worker\n*** Found local files:\n[2026-11-23T17:30:07.919+0000] {a.py:1} INFO - x\n"
                .into_response()
        }
        _ => (StatusCode::NOT_FOUND, r#"{"detail":"TaskInstance not found"}"#).into_response(),
    }
}

async fn start() -> (String, Shared) {
    let memory = Shared::default();
    let app = axum::Router::new().fallback(answer).with_state(memory.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, memory)
}

fn settings(url: &str, password: &str) -> config::Airflow {
    config::Airflow {
        url: url.to_owned(),
        version: AirflowVersion::Auto,
        username: "adp".to_owned(),
        password: Secret::new(password),
        token: Secret::default(),
    }
}

fn task(page: Option<&str>, map_index: Option<i32>) -> Address {
    let page = page.map(|page| page.parse().expect("an address"));
    let (dag, run) = ("d".to_owned(), "manual__1+00:00".to_owned());
    Address::Airflow(TaskLog { page, dag, run, task: "t".to_owned(), attempt: 2, map_index })
}

#[tokio::test]
async fn the_log_of_a_mapped_try_comes_from_airflow_3_once_it_has_a_line() {
    let (url, memory) = start().await;
    let store = store(&[], &[settings(&url, "hunter2")]);
    let address = task(Some(&format!("{url}dags/d/runs/r")), Some(3));
    let missing = read(&store, &address).await.expect_err("only where it was looked for");
    assert!(matches!(missing, Unavailable::Missing(_)), "{missing:?}");
    memory.lock().unwrap().has_line = true;
    let got = read(&store, &address).await.expect("a log");
    assert_eq!(got.text, format!("{PREAMBLE}{LINE}"));
    let asked = memory.lock().unwrap().asked.clone();
    let logins = asked.iter().filter(|asked| asked.as_str() == "/auth/token").count();
    assert_eq!(logins, 1, "{asked:?}");
}

#[tokio::test]
async fn airflow_2_sends_text_to_whoever_has_a_name_and_a_password() {
    let (url, memory) = start().await;
    memory.lock().unwrap().is_two = true;
    let store = store(&[], &[settings(&url, "hunter2")]);
    let got = read(&store, &task(None, None)).await.expect("a log");
    assert!(got.text.ends_with("INFO - x\n"), "{}", got.text);
}

#[tokio::test]
async fn a_wrong_password_and_another_airflow_are_refused() {
    let (url, _) = start().await;
    let store = store(&[], &[settings(&url, "wrong")]);
    for address in [task(None, Some(3)), task(Some("http://127.0.0.1:9/x"), Some(3))] {
        let refused = read(&store, &address).await.expect_err("refused");
        assert!(matches!(&refused, Unavailable::Refused(_)), "{refused:?}");
        assert!(!refused.to_string().contains("wrong"), "{refused}");
    }
}
