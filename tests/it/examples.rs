//! The settings beside `docker-compose.yml` are right, and speak of the services that it starts.

use std::path::Path;

use adp::config::{Environment, KafkaMode, Settings};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_remote_example_fits_the_compose_file() {
    let path = root().join("examples/remote.toml");
    let settings = Settings::load(Some(&path), &Environment::default()).expect("right");
    assert_eq!(settings.kafka.mode, KafkaMode::Remote);
    let compose = std::fs::read_to_string(root().join("docker-compose.yml")).expect("the file");
    let bootstrap = &settings.kafka.bootstrap;
    assert!(compose.contains(&format!("HOST://{bootstrap}")), "{bootstrap} is not advertised");
    let registry = settings.registry.url().expect("an address");
    let port = registry.port().expect("a port");
    assert!(compose.contains(&format!("\"127.0.0.1:{port}:8081\"")), "{registry} is not mapped");
}
