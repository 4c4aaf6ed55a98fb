//! Somebody else's registry, over HTTP.
//!
//! One request, one deadline, no retries: whoever asked tries again, or its host does.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, Url, header, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::runtime::Handle;

use super::{Registry, RegistryError, SchemaId};
use crate::config::Secret;

/// For a whole request; registries answer in milliseconds or are down.
const DEADLINE: Duration = Duration::from_secs(10);

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

const SUBJECT_NOT_FOUND: u32 = 40401;
const SCHEMA_NOT_FOUND: u32 = 40403;

/// Who we are to the registry; sent as HTTP basic authentication.
#[derive(Clone, Debug)]
pub struct Account {
    /// As the registry knows us.
    pub username: String,
    /// Proves it.
    pub password: Secret,
}

impl Account {
    /// Of the settings; none where the registry asks for none.
    pub fn of(settings: &crate::config::Registry) -> Option<Account> {
        (!settings.username.is_empty()).then(|| Account {
            username: settings.username.clone(),
            password: settings.password.clone(),
        })
    }
}

/// A Confluent-compatible registry at an address.
///
/// Its calls block, so they belong on plain threads; on a thread of the runtime they panic.
pub struct HttpRegistry {
    client: reqwest::Client,
    base: Url,
    account: Option<Account>,
    runtime: Handle,
}

impl HttpRegistry {
    /// Asks nothing yet. The runtime must have threads of its own, which carry the requests.
    ///
    /// # Errors
    /// `Unavailable` when the machine offers no certificates to trust.
    pub fn new(
        base: Url,
        account: Option<Account>,
        runtime: Handle,
    ) -> Result<Self, RegistryError> {
        // Fails when it is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            // The password goes to the address in the settings and nowhere else.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| unavailable(&base, &error))?;
        Ok(HttpRegistry { client, base, account, runtime })
    }

    /// Whether the registry answers us, as `check` and readiness want to know.
    ///
    /// # Errors
    /// `Unavailable` or `Refused`.
    pub fn ping(&self) -> Result<(), RegistryError> {
        self.ask::<Vec<String>>(self.request(Method::GET, &["schemas", "types"])).map(drop)
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("the base is an http address").pop_if_empty().extend(path);
        let request = self.client.request(method, url).header(header::ACCEPT, CONTENT_TYPE);
        match &self.account {
            Some(account) => request.basic_auth(&account.username, Some(account.password.reveal())),
            None => request,
        }
    }

    fn post(&self, path: &[&str], schema: &str) -> RequestBuilder {
        let request = self.request(Method::POST, path).header(header::CONTENT_TYPE, CONTENT_TYPE);
        request.body(json!({"schema": schema}).to_string())
    }

    fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, RegistryError> {
        self.answer(request)?.map_err(|no| self.plain_refusal(&no))
    }

    /// The answer, or the registry's no; `Err` when there is neither.
    fn answer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Result<T, No>, RegistryError> {
        let whole = async {
            let response = request.send().await?;
            Ok((response.status(), response.bytes().await?))
        };
        let (status, body) =
            self.runtime.block_on(whole).map_err(|error| unavailable(&self.base, &error))?;
        if status.is_success() {
            let answer = serde_json::from_slice(&body).map_err(|error| {
                self.unavailable(format!("the answer is not a schema registry's: {error}"))
            })?;
            return Ok(Ok(answer));
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.unavailable(No::read(status, &body).to_string()));
        }
        Ok(Err(No::read(status, &body)))
    }

    fn plain_refusal(&self, no: &No) -> RegistryError {
        RegistryError::Refused { address: self.base.to_string(), reason: no.to_string() }
    }

    fn unavailable(&self, reason: String) -> RegistryError {
        RegistryError::Unavailable { address: self.base.to_string(), reason }
    }
}

#[derive(Deserialize)]
struct WithId {
    id: u32,
}

#[derive(Deserialize)]
struct WithSchema {
    schema: String,
}

impl Registry for HttpRegistry {
    /// Looks before it writes, so that an account that may only read can use schemas that
    /// somebody else has registered.
    fn register(&self, subject: &str, schema: &str) -> Result<SchemaId, RegistryError> {
        let known = self.answer::<WithId>(self.post(&["subjects", subject], schema))?;
        let answer = match known {
            Err(no) if no.is(SUBJECT_NOT_FOUND) || no.is(SCHEMA_NOT_FOUND) => {
                self.answer::<WithId>(self.post(&["subjects", subject, "versions"], schema))?
            }
            answer => answer,
        };
        answer.map(|found| SchemaId(found.id)).map_err(|no| match no.status {
            StatusCode::CONFLICT => {
                RegistryError::Incompatible { subject: subject.to_owned(), reason: no.message }
            }
            StatusCode::UNPROCESSABLE_ENTITY => RegistryError::Invalid { reason: no.message },
            _ => self.plain_refusal(&no),
        })
    }

    fn schema(&self, id: SchemaId) -> Result<String, RegistryError> {
        let request = self.request(Method::GET, &["schemas", "ids", &id.0.to_string()]);
        match self.answer::<WithSchema>(request)? {
            Ok(found) => Ok(found.schema),
            Err(no) if no.is(SCHEMA_NOT_FOUND) => Err(RegistryError::Unknown(id)),
            Err(no) => Err(self.plain_refusal(&no)),
        }
    }
}

/// A registry's refusal.
struct No {
    status: StatusCode,
    error_code: Option<u32>,
    message: String,
}

#[derive(Deserialize)]
struct NoBody {
    error_code: u32,
    message: String,
}

impl No {
    fn read(status: StatusCode, body: &[u8]) -> No {
        match serde_json::from_slice(body) {
            Ok(NoBody { error_code, message }) => {
                No { status, error_code: Some(error_code), message }
            }
            // A proxy's page, perhaps; its text would be of no use to anybody.
            Err(_) => No { status, error_code: None, message: String::new() },
        }
    }

    fn is(&self, error_code: u32) -> bool {
        self.error_code == Some(error_code)
    }
}

impl std::fmt::Display for No {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        match self.error_code {
            Some(code) => write!(f, ", {code}: {}", self.message),
            None => Ok(()),
        }
    }
}

/// The innermost cause says what happened; the outer ones repeat the address.
fn unavailable(base: &Url, error: &reqwest::Error) -> RegistryError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let reason = if error.is_timeout() {
        format!("no answer within {DEADLINE:?}")
    } else {
        cause.to_string()
    };
    RegistryError::Unavailable { address: base.to_string(), reason }
}
