//! One request or answer as bytes. What a client sends may be anything: nothing here trusts it.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, RequestHeader, RequestKind, ResponseHeader, ResponseKind,
};
use kafka_protocol::protocol::{Decodable, Encodable};

use super::shape;
use crate::api::SPOKEN;

/// Why a client's bytes are no request that we can answer. The connection is closed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the request is shorter than its header")]
    Short,
    #[error("there is no request type {0}")]
    Type(i16),
    #[error("{0:?} version {1} is not spoken here")]
    Version(ApiKey, i16),
    #[error("a {0:?} request of version {1} makes no sense: {2}")]
    Body(ApiKey, i16, String),
}

pub(crate) struct Request {
    pub(crate) key: ApiKey,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    pub(crate) client: String,
    pub(crate) kind: RequestKind,
    /// The client asked in a version of ApiVersions that we do not speak.
    pub(crate) is_from_the_future: bool,
}

pub(crate) fn decode(mut frame: Bytes) -> Result<Request, Malformed> {
    let fixed: [u8; 8] = frame.get(..8).and_then(|f| f.try_into().ok()).ok_or(Malformed::Short)?;
    let [k0, k1, v0, v1, correlation_id @ ..] = fixed;
    let key = i16::from_be_bytes([k0, k1]);
    let version = i16::from_be_bytes([v0, v1]);
    let correlation_id = i32::from_be_bytes(correlation_id);
    let key = ApiKey::try_from(key).map_err(|()| Malformed::Type(key))?;
    let spoken = SPOKEN.iter().find(|(k, ..)| *k == key);
    let is_spoken = spoken.is_some_and(|(_, min, max)| (min..=max).contains(&&version));
    if key == ApiKey::ApiVersions {
        // A client sends this first, in its own highest version; whatever it says, the answer is
        // the same list.
        return Ok(Request {
            key,
            version: if is_spoken { version } else { 0 },
            correlation_id,
            client: String::new(),
            kind: RequestKind::ApiVersions(ApiVersionsRequest::default()),
            is_from_the_future: !is_spoken,
        });
    }
    if !is_spoken {
        return Err(Malformed::Version(key, version));
    }
    let nonsense = |error: &dyn std::fmt::Display| Malformed::Body(key, version, error.to_string());
    let header = RequestHeader::decode(&mut frame, key.request_header_version(version))
        .map_err(|error| nonsense(&error))?;
    if !shape::is_sound(key, version, &frame) {
        return Err(nonsense(&"it holds less than it announces"));
    }
    let kind = RequestKind::decode(key, &mut frame, version).map_err(|error| nonsense(&error))?;
    let client = header.client_id.map(|c| c.to_string()).unwrap_or_default();
    Ok(Request { key, version, correlation_id, client, kind, is_from_the_future: false })
}

/// The answer with its length before it.
pub(crate) fn encode(
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    response: &ResponseKind,
) -> Result<Bytes, String> {
    let mut out = BytesMut::with_capacity(256);
    out.put_i32(0);
    let header = ResponseHeader::default().with_correlation_id(correlation_id);
    header
        .encode(&mut out, key.response_header_version(version))
        .and_then(|()| response.encode(&mut out, version))
        .map_err(|error| format!("failed to encode the answer to {key:?} {version}: {error}"))?;
    let size = i32::try_from(out.len() - 4).map_err(|_| "the answer is too large".to_owned())?;
    out[..4].copy_from_slice(&size.to_be_bytes());
    Ok(out.freeze())
}
