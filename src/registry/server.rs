//! The registry over HTTP, as much of Confluent's interface as stock Avro readers and writers ask.
//!
//! There is one compatibility level, nothing can be deleted, and nobody is asked for a password:
//! it belongs on loopback, beside the embedded broker.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::compatibility::{IMPLIED_LEVELS, LEVEL};
use super::{Registry, RegistryError, SchemaId, Store, Version};
use crate::serving::Serving;

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// Puts the store on HTTP.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(store: Arc<Store>, listen: SocketAddr) -> io::Result<Serving> {
    Serving::start(listen, router(store)).await
}

fn router(store: Arc<Store>) -> Router {
    Router::new()
        .route("/", get(async || answer(json!({}))))
        .route("/subjects", get(subjects))
        .route("/subjects/{subject}", post(look_up))
        .route("/subjects/{subject}/versions", get(versions).post(register))
        .route("/subjects/{subject}/versions/{version}", get(version))
        .route("/subjects/{subject}/versions/{version}/schema", get(version_schema))
        .route("/schemas/ids/{id}", get(schema))
        .route("/schemas/ids/{id}/versions", get(schema_versions))
        .route("/schemas/ids/{id}/subjects", get(schema_subjects))
        .route("/schemas/types", get(async || answer(json!(["AVRO"]))))
        .route("/config", get(async || answer(config())).put(ask_for_level))
        .route("/config/{subject}", get(subject_config).put(ask_for_level))
        .route("/compatibility/subjects/{subject}/versions", post(compatible_with_all))
        .route("/compatibility/subjects/{subject}/versions/{version}", post(compatible_with_one))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, 405, "HTTP 405 Method Not Allowed")
        })
        .with_state(store)
}

type Reply = Result<Response, Refusal>;

async fn subjects(State(store): State<Arc<Store>>) -> Response {
    answer(store.subjects())
}

async fn versions(State(store): State<Arc<Store>>, Path(subject): Path<String>) -> Reply {
    let versions = known_versions(&store, &subject)?;
    Ok(answer(versions.iter().map(|version| version.version).collect::<Vec<_>>()))
}

async fn version(
    State(store): State<Arc<Store>>,
    Path((subject, version)): Path<(String, String)>,
) -> Reply {
    one_version(&store, &subject, &version).map(answer)
}

async fn version_schema(
    State(store): State<Arc<Store>>,
    Path((subject, version)): Path<(String, String)>,
) -> Reply {
    let text = one_version(&store, &subject, &version)?.schema;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

async fn register(
    State(store): State<Arc<Store>>,
    Path(subject): Path<String>,
    body: Bytes,
) -> Reply {
    let schema = Proposal::read(&body)?.schema;
    // A new id is synced to disk first, which must not hold up the other requests.
    let registered = tokio::task::spawn_blocking(move || store.register(&subject, &schema));
    let id = registered.await.expect("registering does not panic")?;
    Ok(answer(json!({"id": id.0})))
}

async fn look_up(
    State(store): State<Arc<Store>>,
    Path(subject): Path<String>,
    body: Bytes,
) -> Reply {
    known_versions(&store, &subject)?;
    let found = store.lookup(&subject, &Proposal::read(&body)?.schema)?;
    found.map(answer).ok_or(Refusal::new(StatusCode::NOT_FOUND, 40403, "Schema not found"))
}

async fn schema(State(store): State<Arc<Store>>, Path(id): Path<String>) -> Reply {
    Ok(answer(json!({"schema": store.schema(read_id(&id)?)?})))
}

async fn schema_versions(State(store): State<Arc<Store>>, Path(id): Path<String>) -> Reply {
    let uses = known_uses(&store, &id)?.into_iter();
    let places = uses.map(|place| json!({"subject": place.subject, "version": place.version}));
    Ok(answer(places.collect::<Vec<Value>>()))
}

async fn schema_subjects(State(store): State<Arc<Store>>, Path(id): Path<String>) -> Reply {
    let uses = known_uses(&store, &id)?.into_iter();
    Ok(answer(uses.map(|place| place.subject).collect::<Vec<String>>()))
}

async fn subject_config(Path(subject): Path<String>, RawQuery(query): RawQuery) -> Reply {
    if is_asked(query.as_deref(), "defaultToGlobal") {
        return Ok(answer(config()));
    }
    let message =
        format!("Subject '{subject}' does not have subject-level compatibility configured");
    Err(Refusal::new(StatusCode::NOT_FOUND, 40408, message))
}

/// A change of the level, which npm's client asks for after every registration. Our level keeps
/// the promises of all the others, so they are granted; the answer names the one in force.
async fn ask_for_level(body: Bytes) -> Reply {
    let wanted: LevelWanted = read_body(&body)?;
    if !IMPLIED_LEVELS.contains(&wanted.compatibility.as_str()) {
        let message = format!(
            "Invalid compatibility level {}: this registry always checks {LEVEL}",
            wanted.compatibility
        );
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, 42203, message));
    }
    Ok(answer(json!({"compatibility": LEVEL})))
}

async fn compatible_with_one(
    State(store): State<Arc<Store>>,
    Path((subject, version)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    let version = one_version(&store, &subject, &version)?;
    compatibility(&store, &body, &[version], query.as_deref())
}

async fn compatible_with_all(
    State(store): State<Arc<Store>>,
    Path(subject): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Reply {
    compatibility(&store, &body, &store.versions(&subject), query.as_deref())
}

fn config() -> Value {
    json!({"compatibilityLevel": LEVEL})
}

fn compatibility(store: &Store, body: &[u8], versions: &[Version], query: Option<&str>) -> Reply {
    let objections = store.objections(&Proposal::read(body)?.schema, versions)?;
    let mut verdict = json!({"is_compatible": objections.is_empty()});
    if is_asked(query, "verbose") {
        verdict["messages"] = json!(objections);
    }
    Ok(answer(verdict))
}

fn is_asked(query: Option<&str>, flag: &str) -> bool {
    let pairs = query.unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).any(|pair| pair == (flag, "true"))
}

fn known_versions(store: &Store, subject: &str) -> Result<Vec<Version>, Refusal> {
    let versions = store.versions(subject);
    if versions.is_empty() {
        let message = format!("Subject '{subject}' not found.");
        return Err(Refusal::new(StatusCode::NOT_FOUND, 40401, message));
    }
    Ok(versions)
}

fn known_uses(store: &Store, id: &str) -> Result<Vec<Version>, Refusal> {
    let id = read_id(id)?;
    store.schema(id)?;
    Ok(store.uses(id))
}

/// `wanted` is a number, or `latest`, which may also be written as -1.
fn one_version(store: &Store, subject: &str, wanted: &str) -> Result<Version, Refusal> {
    let number = match wanted {
        "latest" | "-1" => None,
        number => {
            Some(number.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(|| {
                let message = format!(
                    "The specified version '{wanted}' is not a valid version id. \
                 Allowed values are between [1, 2^31-1] and the string \"latest\""
                );
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, 42202, message)
            })?)
        }
    };
    let versions = known_versions(store, subject)?;
    let found = match number {
        None => versions.into_iter().next_back(),
        Some(number) => versions.into_iter().find(|version| version.version == number),
    };
    let message = format!("Version {wanted} not found.");
    found.ok_or(Refusal::new(StatusCode::NOT_FOUND, 40402, message))
}

fn read_id(text: &str) -> Result<SchemaId, Refusal> {
    // An id that is no number is no resource, to Confluent's server too.
    let not_found = Refusal::new(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found");
    text.parse().map(SchemaId).map_err(|_| not_found)
}

#[derive(Deserialize)]
struct LevelWanted {
    compatibility: String,
}

/// What a client posts; fields that only matter to other kinds of schema are passed over.
#[derive(Deserialize)]
struct Proposal {
    schema: String,
    #[serde(default, rename = "schemaType")]
    schema_type: Option<String>,
    #[serde(default)]
    references: Vec<Value>,
}

impl Proposal {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        let proposal: Proposal = read_body(body)?;
        let kind = proposal.schema_type.as_deref().unwrap_or("AVRO");
        if kind != "AVRO" || !proposal.references.is_empty() {
            let message = format!("Only Avro without references is served here, not {kind}");
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, 42201, message));
        }
        Ok(proposal)
    }
}

fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, 400, error.to_string()))
}

/// A no, with Confluent's number for it.
struct Refusal {
    status: StatusCode,
    error_code: u32,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, error_code: u32, message: impl Into<String>) -> Self {
        Refusal { status, error_code, message: message.into() }
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        let message = error.to_string();
        match error {
            RegistryError::Unknown(_) => Refusal::new(StatusCode::NOT_FOUND, 40403, message),
            RegistryError::Incompatible { .. } => Refusal::new(StatusCode::CONFLICT, 409, message),
            RegistryError::Invalid { .. } => {
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, 42201, message)
            }
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "no schema was kept");
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 50001, message)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error_code": self.error_code, "message": self.message});
        (self.status, answer(body)).into_response()
    }
}

fn answer(body: impl Serialize) -> Response {
    let body = serde_json::to_string(&body).expect("answers are plain JSON");
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}
