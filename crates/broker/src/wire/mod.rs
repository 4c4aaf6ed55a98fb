//! Sockets: accepting connections, cutting bytes into requests, writing answers.

mod connection;
mod frame;
mod shape;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use connection::Closed;

use crate::api::Shared;
use crate::stopping::Stopping;

/// Serves connections until told to stop; returns when all of them are closed.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopping: Stopping) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.told() => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    let connection = connection::serve(socket, shared.clone(), stopping.clone());
                    connections.spawn(async move {
                        if let Err(error) = connection.await {
                            if is_gone(&error) {
                                tracing::debug!(%peer, %error, "a client went away");
                            } else {
                                tracing::warn!(%peer, %error, "closed a connection");
                            }
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    // Most often no file handle is left: give connections time to end.
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "failed to serve a connection");
                }
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Clients that end or are killed say no goodbye; that is their everyday life and no news.
fn is_gone(closed: &Closed) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let gone = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    matches!(closed, Closed::Io(error) if gone.contains(&error.kind()))
}
