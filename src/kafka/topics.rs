//! The topics that the topology needs: made where they are missing, verified where they stand.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use super::endpoint::most_bytes_of_a_message;
use super::{ClientError, Endpoint};
use crate::records::Topic;
use crate::runtime::Topology;
use crate::runtime::clock::Stopwatch;

/// One topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    pub name: String,
    pub partitions: i32,
    /// Keeps the last value of every key for ever, instead of everything for a time.
    pub compacted: bool,
    /// Belongs to its producers: any number of partitions is fine.
    pub shared: bool,
}

/// Why the topics are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(
        "topic {topic} has {found} partitions and must have {wanted}, as all topics that we write"
    )]
    PartitionCount { topic: String, found: i32, wanted: i32 },
    #[error("topic {topic} has cleanup.policy={found} and must be compacted, or memory is lost")]
    NotCompacted { topic: String, found: String },
}

/// Every topic of the topology, with `partitions` partitions where it is ours to say.
pub fn plan(topology: &Topology, partitions: i32) -> Vec<TopicPlan> {
    let fact = |topic: Topic| TopicPlan {
        name: topic.0.to_owned(),
        partitions,
        compacted: false,
        shared: topic == Topic::FAILURES,
    };
    let mut plans: Vec<TopicPlan> = topology.topics().into_iter().map(fact).collect();
    plans.push(fact(Topic::DEAD_LETTERS));
    for step in topology.steps() {
        for name in [step.memory_topic(), step.ledger_topic()].into_iter().flatten() {
            plans.push(TopicPlan { name, partitions, compacted: true, shared: false });
        }
    }
    plans
}

/// Makes what is missing, checks what is there, and tells how many partitions each topic has.
///
/// # Errors
/// When the brokers refuse, or a topic stands that would break a promise.
pub async fn ensure_topics(
    endpoint: &Endpoint,
    topology: &Topology,
    partitions: i32,
    replication: i32,
) -> Result<BTreeMap<String, i32>, TopicsError> {
    let admin: AdminClient<DefaultClientContext> = endpoint
        .client()
        .create()
        .map_err(|error| endpoint.error("set up an admin client", error))?;
    let mut plans = plan(topology, partitions);
    let mut counts = existing(endpoint, &admin).await?;
    // The ledger of what reads the failures follows their partitions.
    let failures = counts.get(Topic::FAILURES.0).copied().unwrap_or(partitions);
    for step in topology.steps().iter().filter(|step| step.reads.contains(&Topic::FAILURES)) {
        let ledger = step.ledger_topic();
        let follows = |plan: &&mut TopicPlan| Some(&plan.name) == ledger.as_ref();
        plans.iter_mut().filter(follows).for_each(|plan| plan.partitions = failures);
    }
    let missing: Vec<&TopicPlan> =
        plans.iter().filter(|plan| !counts.contains_key(&plan.name)).collect();
    create(endpoint, &admin, &missing, replication).await?;
    if !missing.is_empty() {
        counts = await_topics(endpoint, &admin, &plans).await?;
    }
    verify(endpoint, &admin, &plans, &counts).await?;
    Ok(counts)
}

/// How many partitions the only topic of the metadata has; an error where there is no such topic.
pub(super) fn partitions_of(metadata: &rdkafka::metadata::Metadata) -> Result<i32, &'static str> {
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    match i32::try_from(partitions).unwrap_or(i32::MAX) {
        0 => Err("there is no such topic"),
        partitions => Ok(partitions),
    }
}

async fn existing(
    endpoint: &Endpoint,
    admin: &AdminClient<DefaultClientContext>,
) -> Result<BTreeMap<String, i32>, ClientError> {
    let metadata = admin
        .inner()
        .fetch_metadata(None, endpoint.timing.request)
        .map_err(|error| endpoint.error("list topics", error))?;
    let count = |topic: &rdkafka::metadata::MetadataTopic| {
        (topic.name().to_owned(), i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX))
    };
    Ok(metadata.topics().iter().map(count).collect())
}

async fn create(
    endpoint: &Endpoint,
    admin: &AdminClient<DefaultClientContext>,
    plans: &[&TopicPlan],
    replication: i32,
) -> Result<(), ClientError> {
    if plans.is_empty() {
        return Ok(());
    }
    let most_bytes = most_bytes_of_a_message();
    let topics: Vec<NewTopic<'_>> = plans
        .iter()
        .map(|plan| {
            NewTopic::new(&plan.name, plan.partitions, TopicReplication::Fixed(replication))
                .set("cleanup.policy", if plan.compacted { "compact" } else { "delete" })
                .set("max.message.bytes", &most_bytes)
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(endpoint.timing.request));
    let results = admin
        .create_topics(&topics, &options)
        .await
        .map_err(|error| endpoint.error("create topics", error))?;
    for result in results {
        match result {
            // Another instance starts at the same time.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(endpoint.error(format!("create topic {name}"), code)),
        }
    }
    Ok(())
}

/// A new topic is known to its creator before every broker tells of it.
async fn await_topics(
    endpoint: &Endpoint,
    admin: &AdminClient<DefaultClientContext>,
    plans: &[TopicPlan],
) -> Result<BTreeMap<String, i32>, ClientError> {
    let watch = Stopwatch::start();
    loop {
        let counts = existing(endpoint, admin).await?;
        let absent = plans.iter().find(|plan| counts.get(&plan.name).is_none_or(|n| *n == 0));
        match absent {
            None => return Ok(counts),
            Some(plan) if watch.elapsed() > endpoint.timing.request => {
                return Err(endpoint.error(format!("create topic {}", plan.name), "not seen yet"));
            }
            Some(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn verify(
    endpoint: &Endpoint,
    admin: &AdminClient<DefaultClientContext>,
    plans: &[TopicPlan],
    counts: &BTreeMap<String, i32>,
) -> Result<(), TopicsError> {
    for plan in plans.iter().filter(|plan| !plan.shared) {
        let found = counts.get(&plan.name).copied().unwrap_or(0);
        if found != plan.partitions {
            let (topic, wanted) = (plan.name.clone(), plan.partitions);
            return Err(TopicsError::PartitionCount { topic, found, wanted });
        }
    }
    let compacted: Vec<&str> =
        plans.iter().filter(|plan| plan.compacted).map(|plan| plan.name.as_str()).collect();
    let asked: Vec<ResourceSpecifier<'_>> =
        compacted.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(endpoint.timing.request));
    let answers = admin
        .describe_configs(&asked, &options)
        .await
        .map_err(|error| endpoint.error("describe topics", error))?;
    for (name, answer) in compacted.iter().zip(answers) {
        let resource = answer.map_err(|code| endpoint.error(format!("describe {name}"), code))?;
        let policy = resource.get("cleanup.policy").and_then(|entry| entry.value.clone());
        let found = policy.unwrap_or_else(|| "unknown".to_owned());
        if found != "compact" {
            return Err(TopicsError::NotCompacted { topic: (*name).to_owned(), found });
        }
    }
    Ok(())
}
