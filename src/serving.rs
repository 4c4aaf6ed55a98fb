//! An HTTP server that says where it listens and can be stopped: for the embedded schema
//! registry, for metrics and health.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running server; dropping it stops it as well, without waiting for open requests.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Answers on `listen` from the moment this returns; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, router: Router) -> io::Result<Serving> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let server = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means that `Serving` was dropped, which ends the server too.
            let _ = stopped.await;
        });
        let task = tokio::spawn(async move { server.await });
        Ok(Serving { address, stop, task })
    }

    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as the start of a URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no new connections, and returns when the open requests are answered.
    pub async fn stop(self) {
        // Nobody listens only when the server has ended already.
        let _ = self.stop.send(());
        match self.task.await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => tracing::warn!(%error, "the server ended with an error"),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}
