//! `adp check`: whether the settings hold and everything they name can be reached.

use serde_json::json;

use super::emit::endpoint;
use super::{Format, Load};
use crate::config::{KafkaMode, Settings};
use crate::errors::Exit;
use crate::kafka::Watermarks;
use crate::records::Topic;
use crate::registry::{Account, HttpRegistry};
use crate::signatures::Rules;
use crate::world::forge::local;

/// Check settings, brokers, registry, folders and repositories; changes nothing.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

struct Finding {
    what: String,
    problem: Option<String>,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let settings = load.settings()?;
    let mut findings = vec![Finding {
        what: match load.path() {
            Some(path) => format!("settings of {}", path.display()),
            None => "default settings".to_owned(),
        },
        problem: None,
    }];
    findings.extend(connections(&settings)?);
    findings.extend(folders(&settings));
    findings.push(rules(&settings));
    findings.extend(settings.repositories.iter().map(|repository| Finding {
        what: format!("repository {} at {}", repository.name, repository.path.display()),
        problem: local::problem(&repository.path, &repository.branch),
    }));
    print(&findings, args.format);
    let failed = findings.iter().any(|finding| finding.problem.is_some());
    Ok(if failed { Exit::Findings } else { Exit::Fine })
}

fn connections(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    if settings.kafka.mode == KafkaMode::Embedded {
        let what =
            format!("embedded broker, with its data in {}", settings.embedded.data.display());
        return Ok(vec![Finding { what, problem: None }]);
    }
    let endpoint = endpoint(settings);
    let brokers = Watermarks::new(&endpoint)
        .and_then(|watermarks| watermarks.of(Topic::FAILURES.0, 0))
        .err()
        .map(|error| error.to_string());
    let async_runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let registry = settings.registry.url().map(|url| {
        let account = Account::of(&settings.registry);
        HttpRegistry::new(url, account, async_runtime.handle().clone())
            .and_then(|registry| registry.ping())
            .err()
            .map(|error| error.to_string())
    });
    Ok(vec![
        Finding {
            what: format!("topic {} at {}", Topic::FAILURES, endpoint.bootstrap),
            problem: brokers,
        },
        Finding {
            what: format!("schema registry at {}", settings.registry.url),
            problem: registry.unwrap_or_else(|| Some("registry.url is no address".to_owned())),
        },
    ])
}

fn folders(settings: &Settings) -> Vec<Finding> {
    let logs = settings.logs.roots.iter().map(|folder| ("logs", folder));
    let events = settings.metrics.event_log_roots.iter().map(|folder| ("event logs", folder));
    let mut findings: Vec<Finding> = logs
        .chain(events)
        .map(|(kind, folder)| Finding {
            what: format!("{kind} in {}", folder.display()),
            problem: match std::fs::read_dir(folder) {
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            },
        })
        .collect();
    let is_elsewhere = log_sources(settings).next().is_some();
    if settings.logs.roots.is_empty() && !is_elsewhere {
        findings.push(Finding {
            what: "logs".to_owned(),
            problem: Some(
                "logs.roots names no folder and no other place is named, so no log will be read"
                    .to_owned(),
            ),
        });
    }
    findings.extend(log_sources(settings));
    findings
}

/// Named, and not asked: each of them may be asked for what lies below, not for itself.
fn log_sources(settings: &Settings) -> impl Iterator<Item = Finding> {
    let web = settings.logs.web.iter().map(|server| &server.url);
    let objects = settings.logs.objects.iter().map(|bucket| &bucket.url);
    let airflow = settings.airflow.iter().map(|airflow| &airflow.url);
    let what = |url: &String| Finding { what: format!("logs may be read at {url}"), problem: None };
    web.chain(objects).chain(airflow).map(what)
}

fn rules(settings: &Settings) -> Finding {
    match Rules::load(&settings.rules) {
        Ok(rules) => Finding { what: format!("rules: {}", rules.version), problem: None },
        Err(error) => Finding { what: "rules".to_owned(), problem: Some(error.in_full()) },
    }
}

fn print(findings: &[Finding], format: Format) {
    match format {
        Format::Text => {
            for Finding { what, problem } in findings {
                match problem {
                    None => println!("ok    {what}"),
                    Some(problem) => println!("FAIL  {what}: {problem}"),
                }
            }
        }
        Format::Json => {
            let rows: Vec<_> = findings
                .iter()
                .map(|Finding { what, problem }| {
                    json!({"what": what, "ok": problem.is_none(), "problem": problem})
                })
                .collect();
            println!("{:#}", json!({ "checks": rows }));
        }
    }
}
