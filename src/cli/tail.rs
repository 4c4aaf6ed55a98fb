//! `adp tail`: a topic as JSON, for those without Avro tools.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::emit::endpoint;
use super::{Format, Load, Usage};
use crate::config::{KafkaMode, Settings};
use crate::errors::Exit;
use crate::kafka::{TailStart, tail};
use crate::records::{Codec, Topic};
use crate::registry::{Account, HttpRegistry, Registry};
use crate::runtime::Received;

/// Print what lies on a topic, decoded.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  adp tail root-causes
  adp tail pipeline.dead-letters --no-follow --format json | jq .headers")]
pub struct Args {
    /// A topic of `adp topology`, or `dead-letters`; `pipeline.` may be left out.
    topic: String,
    /// Begin with what comes next instead of what is there.
    #[arg(long)]
    new: bool,
    /// End when everything that is there has been printed.
    #[arg(long, conflicts_with = "new")]
    no_follow: bool,
    /// End after so many records.
    #[arg(long, short = 'n', value_name = "N")]
    most: Option<usize>,
    /// `json` prints one object per line, with place, key and headers.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: Args, load: &Load) -> anyhow::Result<Exit> {
    let topic = known(&args.topic)?;
    let settings = load.settings()?;
    let async_runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let codec = Codec::reading(registry(&settings, async_runtime.handle().clone())?);
    let start = if args.new { TailStart::End } else { TailStart::Beginning };
    let mut left = args.most.unwrap_or(usize::MAX);
    let mut out = std::io::stdout().lock();
    let each = |received: Received| {
        // A reader that went away, such as `head`, ends the following.
        let written = writeln!(out, "{}", line(&codec, &received, args.format)).is_ok();
        left -= 1;
        written && left > 0
    };
    tail(&endpoint(&settings), topic, start, each, || !args.no_follow)?;
    Ok(Exit::Fine)
}

fn known(name: &str) -> Result<Topic, Usage> {
    let mut topics: Vec<Topic> = crate::records::all().iter().map(|(topic, _)| *topic).collect();
    topics.push(Topic::DEAD_LETTERS);
    let short = |topic: &Topic| topic.0.trim_start_matches("pipeline.");
    let found = topics.iter().find(|topic| topic.0 == name || short(topic) == name);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = topics.iter().map(short).collect();
        Usage(format!("{name} is no topic of ours; there are {}", names.join(", ")))
    })
}

/// Where the schemas of the topics are.
pub(super) fn registry(
    settings: &Settings,
    runtime: tokio::runtime::Handle,
) -> anyhow::Result<Arc<dyn Registry>> {
    let (url, account) = match settings.kafka.mode {
        KafkaMode::Embedded => {
            let url = format!("http://{}", settings.embedded.registry_listen);
            (url.parse().map_err(|_| Usage(format!("{url} is no address")))?, None)
        }
        KafkaMode::Remote => {
            let registry = &settings.registry;
            let url = registry.url();
            let account = Account::of(registry);
            (url.ok_or_else(|| Usage("registry.url is no address".to_owned()))?, account)
        }
    };
    Ok(Arc::new(HttpRegistry::new(url, account, runtime)?))
}

fn line(codec: &Codec, received: &Received, format: Format) -> String {
    let value = match codec.to_json(&received.value) {
        Ok(value) => value,
        // JSON events and dead letters carry what producers sent.
        Err(error) => serde_json::from_slice(&received.value).unwrap_or_else(
            |_| json!({"unreadable": error.to_string(), "bytes": received.value.len()}),
        ),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match format {
        Format::Json => {
            let headers: serde_json::Map<String, Value> = received
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), Value::String(text(value))))
                .collect();
            json!({
                "topic": received.place.topic.0, "partition": received.place.partition,
                "offset": received.place.offset, "at": received.at.to_string(),
                "key": received.key.as_deref().map(text), "headers": headers, "value": value,
            })
            .to_string()
        }
        Format::Text => {
            let key = received.key.as_deref().map(text).unwrap_or_default();
            let why: String = received
                .headers
                .iter()
                .filter(|(name, _)| name.starts_with("dlq."))
                .map(|(name, value)| format!("{name}: {}\n", text(value)))
                .collect();
            format!("{} {} {key}\n{why}{value:#}\n", received.at, received.place)
        }
    }
}
