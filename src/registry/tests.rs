//! Server and client over HTTP on loopback, and schemas that evolve through both.

use std::net::SocketAddr;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Datum;
use apache_avro::writer::datum::GenericDatumWriter;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::*;
use crate::config::Secret;
use crate::records::{self, Codec, Failure, Record, Topic};
use crate::serving::Serving;

const V1: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#;
const BREAKING: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;

/// A server and what is needed to ask it; tests run on a plain thread, as steps do.
struct Near {
    runtime: Runtime,
    serving: Serving,
    client: reqwest::Client,
}

fn near(router: impl Future<Output = std::io::Result<Serving>>) -> Near {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let serving = runtime.block_on(router).expect("a free port");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    Near { runtime, serving, client }
}

fn registry() -> Near {
    near(serve(Arc::new(Store::in_memory()), loopback()))
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Near {
    fn registry(&self, account: Option<Account>) -> HttpRegistry {
        let url = Url::parse(&self.serving.url()).expect("an address");
        HttpRegistry::new(url, account, self.runtime.handle().clone()).expect("a client")
    }

    fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method, format!("{}{path}", self.serving.url()));
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        self.runtime.block_on(async {
            let response = request.send().await.expect("an answer");
            let kind = response.headers()["content-type"].clone();
            assert_eq!(kind, "application/vnd.schemaregistry.v1+json", "{path}");
            (response.status().as_u16(), response.json().await.expect("JSON"))
        })
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None)
    }

    fn post(&self, path: &str, schema: &str) -> (u16, Value) {
        self.ask(Method::POST, path, Some(json!({"schema": schema})))
    }
}

#[test]
fn answers_have_confluents_shapes() {
    let near = registry();
    assert_eq!(near.get("/subjects"), (200, json!([])));
    assert_eq!(near.post("/subjects/a%2Fb/versions", V1), (200, json!({"id": 1})));
    assert_eq!(near.get("/subjects"), (200, json!(["a/b"])));
    assert_eq!(near.get("/subjects/a%2Fb/versions"), (200, json!([1])));
    let version = json!({"subject": "a/b", "version": 1, "id": 1, "schema": V1});
    for wanted in ["1", "latest", "-1"] {
        let path = format!("/subjects/a%2Fb/versions/{wanted}");
        assert_eq!(near.get(&path), (200, version.clone()));
    }
    assert_eq!(near.post("/subjects/a%2Fb", V1), (200, version));
    let schema: Value = serde_json::from_str(V1).expect("JSON");
    assert_eq!(near.get("/subjects/a%2Fb/versions/1/schema"), (200, schema));
    assert_eq!(near.get("/schemas/ids/1?subject=a%2Fb"), (200, json!({"schema": V1})));
    let uses = json!([{"subject": "a/b", "version": 1}]);
    assert_eq!(near.get("/schemas/ids/1/versions"), (200, uses));
    assert_eq!(near.get("/schemas/ids/1/subjects"), (200, json!(["a/b"])));
    assert_eq!(near.get("/schemas/types"), (200, json!(["AVRO"])));
    let level = json!({"compatibilityLevel": "FULL_TRANSITIVE"});
    assert_eq!(near.get("/config"), (200, level.clone()));
    assert_eq!(near.get("/config/a%2Fb?defaultToGlobal=true"), (200, level));
    let weaker = Some(json!({"compatibility": "BACKWARD"}));
    let in_force = json!({"compatibility": "FULL_TRANSITIVE"});
    assert_eq!(near.ask(Method::PUT, "/config/a%2Fb", weaker), (200, in_force));
}

#[test]
fn refusals_carry_confluents_numbers() {
    let near = registry();
    near.post("/subjects/x/versions", V1);
    let no_check = json!({"compatibility": "NONE"});
    let protobuf = json!({"schema": "syntax = \"proto3\";", "schemaType": "PROTOBUF"});
    for ((status, body), expected) in [
        (near.get("/subjects/none/versions"), (404, 40401)),
        (near.get("/subjects/none/versions/1"), (404, 40401)),
        (near.get("/subjects/x/versions/2"), (404, 40402)),
        (near.get("/subjects/x/versions/zero"), (422, 42202)),
        (near.post("/subjects/none", V1), (404, 40401)),
        (near.post("/subjects/x", BREAKING), (404, 40403)),
        (near.get("/schemas/ids/9"), (404, 40403)),
        (near.get("/schemas/ids/9/versions"), (404, 40403)),
        (near.get("/schemas/ids/x"), (404, 404)),
        (near.get("/config/x"), (404, 40408)),
        (near.get("/associations/resources/-/x"), (404, 404)),
        (near.post("/subjects/x/versions", BREAKING), (409, 409)),
        (near.post("/subjects/x/versions", "{"), (422, 42201)),
        (near.ask(Method::POST, "/subjects/x/versions", Some(protobuf)), (422, 42201)),
        (near.ask(Method::POST, "/subjects/x/versions", Some(json!([]))), (400, 400)),
        (near.ask(Method::PUT, "/config", Some(no_check)), (422, 42203)),
        (near.ask(Method::DELETE, "/subjects/x", None), (405, 405)),
    ] {
        assert_eq!((status, &body["error_code"]), (expected.0, &json!(expected.1)), "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
}

#[test]
fn compatibility_can_be_asked_for() {
    let near = registry();
    near.post("/subjects/x/versions", V1);
    let fits = |path: &str, schema| near.post(&format!("/compatibility/subjects/{path}"), schema);
    assert_eq!(fits("x/versions/latest", V1), (200, json!({"is_compatible": true})));
    assert_eq!(fits("x/versions/1", BREAKING), (200, json!({"is_compatible": false})));
    assert_eq!(fits("x/versions/2", V1).0, 404);
    assert_eq!(fits("new/versions", V1), (200, json!({"is_compatible": true})));
    let (_, verdict) = fits("x/versions?verbose=true", BREAKING);
    assert_eq!(verdict["messages"].as_array().map(Vec::len), Some(2), "{verdict}");
}

#[test]
fn the_codec_works_through_client_and_server() {
    let near = registry();
    let registry = Arc::new(near.registry(None));
    registry.ping().expect("it answers");
    let codec = Codec::register(registry.clone()).expect("our schemas are taken");
    let again = Codec::register(registry).expect("a second process finds them");
    let failure = Failure { dag_id: Some("sales".into()), ..Failure::default() };
    let bytes = codec.encode(&failure);
    assert_eq!(again.encode(&failure), bytes);
    assert_eq!(again.decode::<Failure>(&bytes).expect("readable"), failure);
    let (_, subjects) = near.get("/subjects");
    assert_eq!(subjects.as_array().map(Vec::len), Some(records::all().len()));
}

#[test]
fn the_client_tells_whose_fault_it_is() {
    let near = registry();
    let registry = near.registry(None);
    assert!(matches!(registry.schema(SchemaId(9)), Err(RegistryError::Unknown(SchemaId(9)))));
    registry.register("x", V1).expect("taken");
    let Err(RegistryError::Incompatible { subject, reason }) = registry.register("x", BREAKING)
    else {
        panic!("it must be refused");
    };
    assert!(subject == "x" && reason.contains("field a"), "{reason}");
    assert!(matches!(registry.register("x", "{"), Err(RegistryError::Invalid { .. })));
    let Near { runtime, serving, .. } = near;
    runtime.block_on(serving.stop());
    // Whether as a refused connection or as one that broke: it may work again later.
    let down = registry.schema(SchemaId(1)).expect_err("nobody answers");
    assert!(matches!(down, RegistryError::Unavailable { .. }), "{down}");
}

#[test]
fn the_account_is_sent_and_a_proxys_page_is_no_answer() {
    let router = Router::new()
        .route(
            "/schemas/types",
            any(async |headers: HeaderMap| {
                let account = headers.get("authorization").and_then(|value| value.to_str().ok());
                match account {
                    Some("Basic YWRwOmh1bnRlcjI=") => (StatusCode::OK, "[\"AVRO\"]"),
                    _ => (StatusCode::UNAUTHORIZED, "{\"error_code\":401,\"message\":\"who?\"}"),
                }
            }),
        )
        .route("/schemas/ids/1", any(async || (StatusCode::OK, "<html>welcome</html>")))
        .route("/schemas/ids/2", any(async || (StatusCode::NOT_FOUND, "<html>no</html>")))
        .route("/schemas/ids/3", any(async || (StatusCode::BAD_GATEWAY, "<html>later</html>")));
    let near = near(Serving::start(loopback(), router));
    let account = |password| Account { username: "adp".into(), password: Secret::new(password) };
    let registry = near.registry(Some(account("hunter2")));
    registry.ping().expect("let in");
    let refused = near.registry(Some(account("wrong"))).ping().expect_err("not let in");
    assert!(matches!(refused, RegistryError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("401: who?"), "{refused}");
    for (id, unavailable) in [(1, true), (2, false), (3, true)] {
        // A page that is not the registry's must never make a record malformed.
        let error = registry.schema(SchemaId(id)).expect_err("no schema");
        assert_eq!(matches!(error, RegistryError::Unavailable { .. }), unavailable, "{error}");
        assert_eq!(matches!(error, RegistryError::Refused { .. }), !unavailable, "{error}");
    }
}

/// The newest failure schema with one field more, as the next release might have it.
fn next_failure(field: &str) -> String {
    let newest = Failure::SCHEMAS.last().expect("one version at least");
    let mut next: Value = serde_json::from_str(newest).expect("JSON");
    let field = serde_json::from_str(field).expect("JSON");
    next["fields"].as_array_mut().expect("a record").push(field);
    next.to_string()
}

fn framed(id: SchemaId, schema: &Schema, datum: Datum) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(schema).build().expect("a schema");
    let datum = writer.write_value_to_vec(datum).expect("a datum of the schema");
    [&[0], &id.0.to_be_bytes()[..], &datum].concat()
}

#[test]
fn old_and_new_versions_read_each_other() {
    let store = Arc::new(Store::in_memory());
    let codec = Codec::register(store.clone()).expect("our schemas are taken");
    let failure = Failure { dag_id: Some("sales".into()), attempt: Some(2), ..Failure::default() };
    let old_bytes = codec.encode(&failure);

    let field = r#"{"name":"team","type":["null","string"],"default":null}"#;
    let text = next_failure(field);
    let new_id = store.register(&Topic::FAILURES.subject(), &text).expect("a default makes it fit");
    let old = Schema::parse_str(Failure::SCHEMAS.last().expect("one")).expect("Avro");
    let new = Schema::parse_str(&text).expect("Avro");

    // New reads old: the field that was not written has its default.
    let reader = GenericDatumReader::builder(&old).reader_schema(&new).build().expect("they fit");
    let read = reader.read_value(&mut &old_bytes[5..]).expect("readable");
    let Datum::Record(mut fields) = read else { panic!("a record") };
    let team = fields.iter_mut().find(|(name, _)| name == "team").expect("there");
    assert_eq!(team.1, Datum::Union(0, Box::new(Datum::Null)));

    // Old reads new: this process does not know the field and passes it over.
    team.1 = Datum::Union(1, Box::new(Datum::String("finance".into())));
    let new_bytes = framed(new_id, &new, Datum::Record(fields));
    assert_eq!(codec.decode::<Failure>(&new_bytes).expect("readable"), failure);

    let without_default = next_failure(r#"{"name":"team","type":"string"}"#);
    let refused = store.register(&Topic::FAILURES.subject(), &without_default);
    assert!(matches!(refused, Err(RegistryError::Incompatible { .. })), "{refused:?}");
}
