//! What we speak, and where: there is one node, so it is every coordinator too.

use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{
    ApiVersionsResponse, FindCoordinatorRequest, FindCoordinatorResponse,
};

use super::{Call, NODE_ID, SPOKEN};

pub(crate) fn api_versions() -> ApiVersionsResponse {
    let spoken = SPOKEN.iter().map(|(key, min, max)| {
        ApiVersion::default()
            .with_api_key(*key as i16)
            .with_min_version(*min)
            .with_max_version(*max)
    });
    ApiVersionsResponse::default().with_api_keys(spoken.collect())
}

pub(super) fn find_coordinator(
    call: &Call,
    request: FindCoordinatorRequest,
) -> FindCoordinatorResponse {
    if call.version < 4 {
        return FindCoordinatorResponse::default()
            .with_node_id(NODE_ID)
            .with_host(call.host())
            .with_port(call.port());
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        Coordinator::default()
            .with_key(key)
            .with_node_id(NODE_ID)
            .with_host(call.host())
            .with_port(call.port())
    });
    FindCoordinatorResponse::default().with_coordinators(coordinators.collect())
}
