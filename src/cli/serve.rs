//! `adp serve`: the platform, until a signal ends it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Load, screen};
use crate::config::KafkaMode;
use crate::errors::Exit;
use crate::service::{self, Service, ServiceError};
use crate::world::Screen;

/// Run every step until SIGTERM or Ctrl-C; a second signal ends the process at once.
///
/// Nothing is lost and nothing happens twice, however the process ends: started again, it goes on
/// where it was.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: Args, load: &Load) -> anyhow::Result<Exit> {
    let settings = load.settings()?;
    let async_runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exit = async_runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let screen = terminal();
        let mut service = tokio::select! {
            started = service::start(&settings, &screen, Arc::new(|_| ())) => started?,
            number = signals.next() => return Ok(Exit::Signal(number)),
        };
        announce(&service, settings.kafka.mode);
        let number = tokio::select! {
            error = service.failed() => {
                service.stop().await;
                return Err(error.into());
            }
            number = signals.next() => number,
        };
        tracing::info!(signal = number, "stopping: a second signal ends the process at once");
        tokio::select! {
            () = service.stop() => Ok(Exit::Fine),
            number = signals.next() => Ok(Exit::Signal(number)),
        }
    });
    // Whatever still runs belongs to a step that did not end in time.
    async_runtime.shutdown_background();
    exit
}

fn terminal() -> Screen {
    let writer: Arc<Mutex<dyn Write + Send>> = Arc::new(Mutex::new(std::io::stdout()));
    Screen { writer, width: screen::width() }
}

fn announce(service: &Service, mode: KafkaMode) {
    let mode = match mode {
        KafkaMode::Embedded => "embedded",
        KafkaMode::Remote => "remote",
    };
    tracing::info!(
        kafka = service.endpoint().bootstrap,
        mode,
        registry = service.registry_url(),
        health = %service.health_address(),
        "serving"
    );
}

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, ServiceError> {
        let listen = |kind| signal(kind).map_err(|error| ServiceError::Http(error.to_string()));
        Ok(Signals {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// The number of the next signal.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
        }
    }
}
