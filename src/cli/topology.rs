//! `adp topology`: the steps and the topics between them, from the code that runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::config::Settings;
use crate::errors::Exit;
use crate::records::Topic;
use crate::runtime::{Step, Topology};
use crate::signatures::{Rulebook, Rules};
use crate::world::{Screen, World};

/// Print the steps, what each reads and writes, and how it is keyed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_enum, default_value_t)]
    format: Drawing,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Drawing {
    /// A table.
    #[default]
    Text,
    /// A flow chart for Markdown.
    Mermaid,
    Json,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let topology = production()?;
    let text = match args.format {
        Drawing::Text => table(&topology),
        Drawing::Mermaid => mermaid(&topology),
        Drawing::Json => format!("{:#}\n", as_json(&topology)),
    };
    print!("{text}");
    if let Err(wrong) = topology.check() {
        wrong.iter().for_each(|miswired| eprintln!("{miswired}"));
        return Ok(Exit::Findings);
    }
    Ok(Exit::Fine)
}

/// The topology with the default settings; what it connects does not depend on them.
pub fn production() -> anyhow::Result<Topology> {
    let screen = Screen { writer: Arc::new(Mutex::new(std::io::sink())), width: 80 };
    let settings = Settings::default();
    let world = World::new(&settings, &screen)?;
    let rulebook = Rulebook::new(Rules::built_in()?);
    Ok(crate::topology::topology(&settings, world, rulebook))
}

/// What readers of the topic must see in order.
fn key(topic: Topic) -> &'static str {
    match topic {
        Topic::FAILURES => "producer's choice",
        Topic::LOG_SUMMARIES | Topic::ROOT_CAUSES | Topic::DIAGNOSES | Topic::FEEDBACK => {
            "pipeline"
        }
        Topic::FIXES => "repository",
        _ => "conversation",
    }
}

/// One row a step, as wide as it must be.
pub fn table(topology: &Topology) -> String {
    let list = |topics: &[Topic]| topics.iter().map(|t| t.0).collect::<Vec<_>>().join(", ");
    let row = |step: &Step| {
        let keys: BTreeSet<&str> = step.writes.iter().map(|topic| key(*topic)).collect();
        let keyed_by = keys.into_iter().collect::<Vec<_>>().join(", ");
        let kept = step.memory_topic().or(step.ledger_topic()).unwrap_or_else(|| "-".to_owned());
        [
            step.name.to_owned(),
            step.verb().to_owned(),
            list(step.reads),
            list(step.writes),
            keyed_by,
            kept,
        ]
    };
    let heading = ["step", "kind", "reads", "writes", "keyed by", "keeps"].map(str::to_owned);
    let rows: Vec<[String; 6]> =
        std::iter::once(heading).chain(topology.steps().iter().map(row)).collect();
    super::table::table(&rows)
}

/// Topics are boxes, steps are the arrows' corners.
pub fn mermaid(topology: &Topology) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for topic in topology.topics() {
        let _ = writeln!(text, "    {}[({})]", id(topic), topic);
    }
    for step in topology.steps() {
        let shape = if step.verb() == "acts" { ("{{", "}}") } else { ("(", ")") };
        let _ = writeln!(text, "    {}{}{}{}", step.name, shape.0, step.name, shape.1);
        for topic in step.reads {
            let _ = writeln!(text, "    {} --> {}", id(*topic), step.name);
        }
        for topic in step.writes {
            let _ = writeln!(text, "    {} --> {}", step.name, id(*topic));
        }
    }
    text
}

fn id(topic: Topic) -> String {
    topic.0.replace(['.', '-'], "_")
}

fn as_json(topology: &Topology) -> serde_json::Value {
    let names = |topics: &[Topic]| topics.iter().map(|topic| topic.0).collect::<Vec<_>>();
    let steps: Vec<_> = topology
        .steps()
        .iter()
        .map(|step| {
            json!({
                "name": step.name, "kind": step.verb(), "reads": names(step.reads),
                "writes": names(step.writes), "memory": step.memory_topic(),
                "ledger": step.ledger_topic(),
            })
        })
        .collect();
    let topics: Vec<_> = topology
        .topics()
        .into_iter()
        .map(|topic| json!({"name": topic.0, "keyed_by": key(topic)}))
        .collect();
    json!({"steps": steps, "topics": topics})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_production_topology_fits_together() {
        let topology = production().expect("it can be built");
        assert_eq!(topology.check(), Ok(()));
        expect_test::expect_file!["../../docs/topology.txt"].assert_eq(&table(&topology));
        expect_test::expect_file!["../../docs/topology.mmd"].assert_eq(&mermaid(&topology));
    }
}
