//! Taking records in.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::PartitionProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use crate::node::Node;

pub(super) fn produce(node: &mut Node, request: ProduceRequest) -> ProduceResponse {
    let responses = request.topic_data.into_iter().map(|topic| {
        let partitions = topic.partition_data.into_iter();
        let partitions = partitions.map(|data| produce_one(node, &topic.name, data)).collect();
        TopicProduceResponse::default()
            .with_name(topic.name.clone())
            .with_partition_responses(partitions)
    });
    ProduceResponse::default().with_responses(responses.collect())
}

fn produce_one(
    node: &mut Node,
    topic: &str,
    data: PartitionProduceData,
) -> PartitionProduceResponse {
    let response = PartitionProduceResponse::default()
        .with_index(data.index)
        .with_log_append_time_ms(-1)
        .with_base_offset(-1);
    let records = data.records.ok_or(ResponseError::InvalidRequest);
    match records.and_then(|records| node.produce(topic, data.index, records)) {
        Ok(appended) => response
            .with_base_offset(appended.base_offset)
            .with_log_start_offset(appended.log_start),
        Err(error) => response.with_error_code(error.code()),
    }
}
