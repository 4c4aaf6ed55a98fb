//! Settings of topics: telling and changing them. The node has no settings to tell.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{
    DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::text;
use crate::node::{Node, topic_settings};

const TOPIC: i8 = 2;
const SET_ON_TOPIC: i8 = 1;
const DEFAULT: i8 = 5;

pub(super) fn describe(
    node: &mut Node,
    request: DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let results = request.resources.into_iter().map(|resource| describe_one(node, resource));
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn describe_one(node: &Node, resource: DescribeConfigsResource) -> DescribeConfigsResult {
    let result = DescribeConfigsResult::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone());
    if resource.resource_type != TOPIC {
        return result;
    }
    let Some(topic) = node.state().topics.get(resource.resource_name.as_str()) else {
        return result.with_error_code(ResponseError::UnknownTopicOrPartition.code());
    };
    let wanted = |name: &str| {
        resource.configuration_keys.as_ref().is_none_or(|keys| keys.iter().any(|k| &**k == name))
    };
    let configs = topic_settings::effective(&topic.settings).filter(|(name, ..)| wanted(name)).map(
        |(name, value, is_default)| {
            DescribeConfigsResourceResult::default()
                .with_name(text(name))
                .with_value(Some(text(value)))
                .with_config_source(if is_default { DEFAULT } else { SET_ON_TOPIC })
        },
    );
    let configs = configs.collect();
    result.with_configs(configs)
}

pub(super) fn alter(
    node: &mut Node,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let only_check = request.validate_only;
    let responses = request.resources.into_iter().map(|resource| {
        let altered = alter_one(node, &resource, only_check);
        let response = AlterConfigsResourceResponse::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name);
        match altered {
            Ok(()) => response,
            Err((error, why)) => {
                response.with_error_code(error.code()).with_error_message(Some(text(why)))
            }
        }
    });
    IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
}

fn alter_one(
    node: &mut Node,
    resource: &AlterConfigsResource,
    only_check: bool,
) -> Result<(), (ResponseError, String)> {
    const SET: i8 = 0;
    const DELETE: i8 = 1;
    if resource.resource_type != TOPIC {
        let why = "only topics have settings that can be changed".to_owned();
        return Err((ResponseError::InvalidRequest, why));
    }
    let mut changes = Vec::new();
    for config in &resource.configs {
        let value = match (config.config_operation, &config.value) {
            (SET, Some(value)) => Some(value.to_string()),
            (DELETE, _) => None,
            _ => {
                let why = "settings can be set and deleted, not appended to".to_owned();
                return Err((ResponseError::InvalidRequest, why));
            }
        };
        changes.push((config.name.to_string(), value));
    }
    node.change_topic(&resource.resource_name, &changes, only_check)
}
