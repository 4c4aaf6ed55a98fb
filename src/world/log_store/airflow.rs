//! The logs of Airflow's tasks, asked of Airflow's own API.
//!
//! Airflow 2 sends a text, Airflow 3 one JSON object a line as it lies on disk; both begin with
//! lines about where the log was looked for. An answer that has no other is a log that is not
//! there yet: Airflow calls that a success.

use std::io::{Cursor, Read};
use std::sync::Arc;

use bytes::Bytes;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::address::{TaskLog, shown};
use super::cap::Notes;
use super::transfer::{self, Origin, Pace};
use super::unpack::Text;
use super::web::{Account, Fetch, Web, covers};
use super::{Unavailable, Until};
use crate::config::{self, AirflowVersion, Secret};
use crate::world::outbound;

/// Looked at before a log is taken for one.
const PREAMBLE: usize = 64 * 1024;
/// Longest answer to a question that is not for a log.
const MOST_OF_AN_ANSWER: usize = 64 * 1024;

/// Airflows that may be asked.
#[derive(Clone, Debug, Default)]
pub struct Airflow {
    instances: Arc<Vec<Instance>>,
    web: Web,
    client: Option<reqwest::Client>,
    pace: Pace,
}

#[derive(Debug)]
struct Instance {
    url: Url,
    settings: config::Airflow,
    /// What the instance said of itself.
    known: Mutex<Option<Known>>,
}

/// Version and, of Airflow 3, the token that stands for name and password.
#[derive(Clone, Debug)]
struct Known {
    version: Version,
    account: Account,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Two,
    Three,
}

impl Airflow {
    /// # Errors
    /// When no HTTP client can be set up on this machine.
    pub fn new(instances: &[config::Airflow], pace: Pace) -> reqwest::Result<Self> {
        let instance = |settings: &config::Airflow| {
            let url = Url::parse(&settings.url).ok()?;
            Some(Instance { url, settings: settings.clone(), known: Mutex::new(None) })
        };
        let instances: Vec<_> = instances.iter().filter_map(instance).collect();
        let connect = || outbound::client().connect_timeout(pace.connect).build();
        let client = (!instances.is_empty()).then(connect).transpose()?;
        let web = client.clone().map_or_else(Web::default, |client| Web::of_service(client, pace));
        Ok(Airflow { instances: Arc::new(instances), web, client, pace })
    }

    /// Whether the page belongs to an instance.
    pub fn has(&self, page: &Url) -> bool {
        self.instances.iter().any(|instance| covers(&instance.url, page))
    }

    /// Whether there is no doubt which instance is meant.
    pub fn is_one(&self) -> bool {
        self.instances.len() == 1
    }

    /// The log as it comes.
    ///
    /// # Errors
    /// `Missing` also where the answer says that there is no log yet.
    pub async fn open(
        &self,
        task: &TaskLog,
        until: &Until,
        notes: &Notes,
    ) -> Result<Text, Unavailable> {
        let has_path = |name: &String| name.contains(['/', '\\']);
        if [&task.dag, &task.run, &task.task].into_iter().any(has_path) {
            return Err(Unavailable::Refused("the event names a task that cannot be".to_owned()));
        }
        let instance = self.instance(task)?;
        let known = self.known(instance).await?;
        let url = log_url(&instance.url, known.version, task);
        let accept = match known.version {
            Version::Two => "text/plain",
            Version::Three => "application/x-ndjson",
        };
        let fetch = Fetch::of_service(self.web.clone(), url, known.account, accept);
        let opened = transfer::open(Origin::Web(fetch), until, notes).await;
        if let Err(Unavailable::Refused(_)) = &opened {
            // The token may have run out: it is asked for anew next time.
            *instance.known.lock().await = None;
        }
        let (mut transfer, _) = opened?;
        let mut start = Vec::new();
        let unreadable = |source| Unavailable::Unreadable { path: task_page(task), source };
        let mut is_whole = false;
        while start.len() < PREAMBLE && !is_whole {
            let chunk: Bytes = transfer.next().await.map_err(unreadable)?;
            is_whole = chunk.is_empty();
            start.extend_from_slice(&chunk);
        }
        if is_whole && is_preamble(&start) {
            return Err(Unavailable::Missing(format!("{} has no line yet", task_page(task))));
        }
        Ok(Box::new(Cursor::new(start).chain(transfer)))
    }

    fn instance(&self, task: &TaskLog) -> Result<&Instance, Unavailable> {
        let of_page = |page| self.instances.iter().find(|instance| covers(&instance.url, page));
        let found = match (&task.page, &self.instances[..]) {
            (Some(page), _) => of_page(page),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.ok_or_else(|| {
            Unavailable::Refused(format!("no [[airflow]] of the settings has {}", task_page(task)))
        })
    }

    async fn known(&self, instance: &Instance) -> Result<Known, Unavailable> {
        let mut known = instance.known.lock().await;
        if let Some(known) = &*known {
            return Ok(known.clone());
        }
        let version = match instance.settings.version {
            AirflowVersion::Two => Version::Two,
            AirflowVersion::Three => Version::Three,
            AirflowVersion::Auto => self.version(&instance.url).await?,
        };
        let config::Airflow { username, password, token, .. } = &instance.settings;
        let account = match (version, Account::of(token, username, password)) {
            (Version::Three, Account::Basic { .. }) => Account::Token(self.token(instance).await?),
            (_, account) => account,
        };
        Ok(known.insert(Known { version, account }).clone())
    }

    async fn version(&self, base: &Url) -> Result<Version, Unavailable> {
        let client = self.client(base)?;
        let url = below(base, &["api", "v2", "version"]);
        match self.answer(base, client.get(url)).await?.0 {
            StatusCode::OK => Ok(Version::Three),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(Version::Two),
            // Whatever stands before it wants to know us first, which Airflow 3 does not here.
            code if code.is_client_error() || code.is_redirection() => Ok(Version::Two),
            code => Err(Unavailable::busy(format!("{} answers {}", shown(base), code.as_u16()))),
        }
    }

    async fn token(&self, instance: &Instance) -> Result<Secret, Unavailable> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
        }
        let base = &instance.url;
        let config::Airflow { username, password, .. } = &instance.settings;
        let login = serde_json::json!({"username": username, "password": password.reveal()});
        let asking = self.client(base)?.post(below(base, &["auth", "token"])).json(&login);
        let (code, body) = self.answer(base, asking).await?;
        let shown = shown(base);
        if code.is_server_error() || code == StatusCode::TOO_MANY_REQUESTS {
            return Err(Unavailable::busy(format!("{shown} answers {}", code.as_u16())));
        }
        let answer: Result<Answer, _> = serde_json::from_slice(&body);
        match answer {
            Ok(answer) if code.is_success() => Ok(Secret::new(answer.access_token)),
            _ => Err(Unavailable::Refused(format!(
                "{shown} gives no token for the username and password of [[airflow]]: {}",
                code.as_u16()
            ))),
        }
    }

    async fn answer(
        &self,
        base: &Url,
        request: reqwest::RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), Unavailable> {
        let busy = |_| Unavailable::busy(format!("{} cannot be asked", shown(base)));
        let asking = async {
            let mut response = request.send().await?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                if body.len() + chunk.len() > MOST_OF_AN_ANSWER {
                    break;
                }
                body.extend_from_slice(&chunk);
            }
            Ok((response.status(), body))
        };
        let late = |_| Unavailable::busy(format!("{} does not answer", shown(base)));
        timeout(self.pace.answer, asking).await.map_err(late)?.map_err(|e: reqwest::Error| busy(e))
    }

    fn client(&self, base: &Url) -> Result<&reqwest::Client, Unavailable> {
        outbound::vet(base.host_str().unwrap_or_default())
            .map_err(|why| Unavailable::Refused(why.to_string()))?;
        let none = || Unavailable::Refused("no Airflow may be asked".to_owned());
        self.client.as_ref().ok_or_else(none)
    }
}

fn task_page(task: &TaskLog) -> String {
    let asked = super::Address::Airflow(task.clone());
    let page = task.page.as_ref().map(|page| format!(" ({})", shown(page)));
    format!("{asked}{}", page.unwrap_or_default())
}

fn log_url(base: &Url, version: Version, task: &TaskLog) -> Url {
    let api = if version == Version::Two { "v1" } else { "v2" };
    let attempt = task.attempt.to_string();
    let TaskLog { dag, run, task: id, .. } = task;
    let path =
        ["api", api, "dags", dag, "dagRuns", run, "taskInstances", id, "logs", attempt.as_str()];
    let mut url = below(base, &path);
    url.query_pairs_mut()
        .append_pair("full_content", "true")
        .append_pair("map_index", &task.map_index.unwrap_or(-1).to_string());
    url
}

/// Each part is one part of the path, whatever characters it has.
fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

/// Whether there is nothing but words about where the log was looked for.
fn is_preamble(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.all(|line| match serde_json::from_str::<serde_json::Value>(line) {
        Ok(serde_json::Value::Object(fields)) => {
            fields.get("timestamp").is_none_or(serde_json::Value::is_null)
                && !fields.contains_key("level")
        }
        // A host's name stands alone on its line.
        _ => line.starts_with("***") || !line.contains(char::is_whitespace),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_line_of_the_log_is_told_from_one_with() {
        for nothing in [
            "",
            "{\"timestamp\":null,\"event\":\"::group::Log message source details\"}\n{\"timestamp\":null,\"event\":\"/logs/attempt=1.log\"}\n{\"timestamp\":null,\"event\":\"::endgroup::\"}\n",
            "worker-1\n*** !!!! Please make sure that all your Airflow components have the same secret_key\n*** Could not read served logs: 404\n",
        ] {
            assert!(is_preamble(nothing.as_bytes()), "{nothing}");
        }
        for log in [
            "{\"timestamp\":null,\"event\":\"::endgroup::\"}\n{\"timestamp\":\"2026-11-24T00:57:02.999384Z\",\"event\":\"x\",\"level\":\"info\"}\n",
            "worker-1\n*** Found local files:\n***   * /logs/attempt=1.log\n[2026-11-23T17:30:07.919+0000] {a.py:1} INFO - x\n",
        ] {
            assert!(!is_preamble(log.as_bytes()), "{log}");
        }
    }

    #[test]
    fn names_of_runs_and_tasks_stay_within_their_part_of_the_address() {
        let base = Url::parse("https://airflow.internal/prod/").unwrap();
        let task = TaskLog {
            page: None,
            dag: "a%2Fb".to_owned(),
            run: "scheduled__2026-11-23T00:00:00+00:00".to_owned(),
            task: "load?x=1".to_owned(),
            attempt: 2,
            map_index: Some(3),
        };
        assert_eq!(
            log_url(&base, Version::Two, &task).as_str(),
            "https://airflow.internal/prod/api/v1/dags/a%252Fb/dagRuns/scheduled__2026-11-23T00:00:00+00:00/taskInstances/load%3Fx=1/logs/2?full_content=true&map_index=3"
        );
    }
}
