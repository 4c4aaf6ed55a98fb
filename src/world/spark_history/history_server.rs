//! Asks a Spark History Server, in narrow questions with a deadline each and one for the whole.
//!
//! The server can be slow, behind, missing a page or in the middle of a parse: what it does not
//! say becomes a gap, and only without the application and its stages there is no answer.
//! The address can come from an event, so it is asked only where its host is on the list.

use std::time::Duration;

use reqwest::{StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use self::answers::{Application, Executor, Job, StageAnswer, Task, TaskSummary};
use self::gathered::Gathered;
use super::{Problem, RunMetrics};

mod answers;
mod gathered;
mod last_good;

/// A client of History Servers.
#[derive(Clone, Debug)]
pub struct HistoryServer {
    client: reqwest::Client,
    allowed_hosts: Vec<String>,
    patience: Patience,
}

/// How long to wait, and how much to listen to.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one question.
    pub each: Duration,
    /// For all questions about a run.
    pub whole: Duration,
    /// Bytes of one answer.
    pub answer_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        // The first question makes the server parse the whole event log, which takes it seconds.
        let (each, whole) = (Duration::from_secs(20), Duration::from_secs(60));
        Self { each, whole, answer_bytes: 16 << 20 }
    }
}

/// Which run, and where to ask.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Where its web page is, like `http://history:18080`.
    pub base_url: &'a str,
    pub application_id: &'a str,
}

/// Stages whose tasks are compared; the longest.
const MOST_SUMMARIES: usize = 12;
/// Stages whose failed or running tasks are looked at.
const MOST_TASK_LISTS: usize = 4;
const FAILED_TASKS: usize = 20;

impl HistoryServer {
    /// `allowed_hosts` are names with or without a port, as they stand in addresses.
    pub fn new(allowed_hosts: Vec<String>, patience: Patience) -> reqwest::Result<Self> {
        // Fails only where a provider is installed already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("adp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::custom(stay_on_host))
            .build()?;
        Ok(Self { client, allowed_hosts, patience })
    }

    /// What the server knows of a run. When the time is over, what it told until then.
    pub async fn run_metrics(&self, ask: Ask<'_>) -> Result<RunMetrics, Problem> {
        let api = self.vetted(ask)?;
        let mut gathered = Gathered::default();
        match timeout(self.patience.whole, self.gather(&api, &mut gathered)).await {
            Ok(answered) => answered?,
            Err(_) if gathered.has_stages() => {
                gathered.gap("what was not asked when the time was over");
            }
            Err(_) => {
                return Err(Problem::Unavailable(format!(
                    "the History Server at {} did not answer in time",
                    host_of(&api)
                )));
            }
        }
        Ok(gathered.finish(host_of(&api)))
    }

    /// The address of the application's resource, if we may ask there.
    fn vetted(&self, ask: Ask<'_>) -> Result<Url, Problem> {
        let refused = |why: String| Err(Problem::Refused(why));
        let Ok(mut url) = Url::parse(ask.base_url) else {
            return refused("the address of the History Server is none".to_owned());
        };
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
            return refused("the address of the History Server is not plain http(s)".to_owned());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let with_port = host_of(&url);
        if !self.allowed_hosts.iter().any(|allowed| *allowed == host || *allowed == with_port) {
            return refused(format!("{with_port} is not on the list of hosts to ask"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if ask.application_id.is_empty() || !ask.application_id.chars().all(plain) {
            return refused("the application id has characters that no id has".to_owned());
        }
        let base = url.path().trim_end_matches('/').trim_end_matches("/api/v1");
        let path = format!("{base}/api/v1/applications/{}", ask.application_id);
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    async fn gather(&self, application: &Url, gathered: &mut Gathered) -> Result<(), Problem> {
        let about: Application = self.get(application, "", &[]).await?;
        // On YARN each attempt has its own resources below; the newest stands first.
        let attempt = about.attempts.first().and_then(|attempt| attempt.attempt_id.clone());
        let run = match &attempt {
            Some(attempt) => below(application, attempt),
            None => application.clone(),
        };
        gathered.application(about);
        let some_work = [("status", "complete"), ("status", "failed"), ("status", "active")];
        let stages: Vec<StageAnswer> = self.get(&run, "stages", &some_work).await?;
        gathered.stages(stages);

        match self.get::<Vec<Executor>>(&run, "allexecutors", &[]).await {
            Ok(executors) => gathered.executors(executors),
            Err(miss) => gathered.gap(&format!("executors: {miss}")),
        }
        match self.get::<Vec<Job>>(&run, "jobs", &[]).await {
            Ok(jobs) => gathered.jobs(jobs),
            Err(miss) => gathered.gap(&format!("jobs: {miss}")),
        }
        self.gather_tasks(&run, gathered).await;
        match self.get(&run, "environment", &[]).await {
            Ok(environment) => gathered.environment(environment),
            Err(miss) => gathered.gap(&format!("settings: {miss}")),
        }
        Ok(())
    }

    async fn gather_tasks(&self, run: &Url, gathered: &mut Gathered) {
        for (id, attempt) in gathered.worth_a_summary(MOST_SUMMARIES) {
            let question = format!("stages/{id}/{attempt}/taskSummary");
            let quantiles = [("quantiles", "0.0,0.25,0.5,0.75,1.0")];
            match self.get::<TaskSummary>(run, &question, &quantiles).await {
                Ok(summary) => gathered.summary((id, attempt), &summary),
                // "No tasks reported metrics": none of them succeeded.
                Err(Problem::NotFound(_)) => {}
                Err(miss) => gathered.gap(&format!("tasks of stage {id}: {miss}")),
            }
        }
        for (id, attempt) in gathered.with_failures(MOST_TASK_LISTS) {
            let question = format!("stages/{id}/{attempt}/taskList");
            let most = FAILED_TASKS.to_string();
            let narrow = [("status", "failed"), ("length", most.as_str())];
            match self.get::<Vec<Task>>(run, &question, &narrow).await {
                Ok(tasks) => gathered.failed_tasks((id, attempt), &tasks),
                Err(Problem::NotFound(_)) => {}
                Err(miss) => gathered.gap(&format!("failed tasks of stage {id}: {miss}")),
            }
        }
        for (id, attempt) in gathered.with_running_tasks(MOST_TASK_LISTS) {
            let question = format!("stages/{id}/{attempt}/taskList");
            let narrow = [("status", "running"), ("sortBy", "-runtime"), ("length", "1")];
            match self.get::<Vec<Task>>(run, &question, &narrow).await {
                Ok(tasks) => gathered.running_tasks((id, attempt), &tasks),
                Err(Problem::NotFound(_)) => {}
                Err(miss) => gathered.gap(&format!("running tasks of stage {id}: {miss}")),
            }
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        run: &Url,
        question: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Problem> {
        let url = if question.is_empty() { run.clone() } else { below(run, question) };
        let body = timeout(self.patience.each, self.body(url, query)).await;
        let body = body.map_err(|_| Problem::Unavailable("no answer in time".to_owned()))??;
        serde_json::from_slice(&body).map_err(|error| {
            Problem::Unreadable(format!("the History Server's answer makes no sense: {error}"))
        })
    }

    async fn body(&self, url: Url, query: &[(&str, &str)]) -> Result<Vec<u8>, Problem> {
        let unavailable = |error: reqwest::Error| {
            Problem::Unavailable(format!(
                "the History Server cannot be asked: {}",
                error.without_url()
            ))
        };
        let mut response = self.client.get(url).query(query).send().await.map_err(unavailable)?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND => {
                return Err(Problem::NotFound(
                    "the History Server does not know it (yet)".to_owned(),
                ));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(Problem::Refused("the History Server does not let us in".to_owned()));
            }
            status if status.is_redirection() => {
                return Err(Problem::Refused(
                    "the History Server sends us to another host".to_owned(),
                ));
            }
            status => {
                return Err(Problem::Unavailable(format!("the History Server answers {status}")));
            }
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
            if body.len() + chunk.len() > self.patience.answer_bytes {
                return Err(Problem::Unreadable(
                    "the History Server's answer is too long".to_owned(),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// The server redirects to its own pages; anybody else's are not on the list.
fn stay_on_host(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let came_from = attempt.previous().first().map(host_of);
    if came_from == Some(host_of(attempt.url())) && attempt.previous().len() <= 3 {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn below(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    let path = format!("{}/{path}", url.path());
    url.set_path(&path);
    url
}

fn host_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}
