//! One client's connection: its requests are answered one after the other, in their order.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::ResponseKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::frame::{self, Malformed};
use crate::api::{self, Call, Shared};
use crate::stopping::Stopping;

/// Kafka's own limit on a request, in bytes.
const LARGEST_FRAME: usize = 100 << 20;

/// Why a connection was closed by us.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the client announced a request of {0} bytes")]
    FrameSize(i32),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{0}")]
    Unanswerable(String),
}

/// Answers until the client goes or the broker stops.
pub(super) async fn serve(
    socket: TcpStream,
    shared: Arc<Shared>,
    mut stopping: Stopping,
) -> Result<(), Closed> {
    tokio::select! {
        () = stopping.told() => Ok(()),
        closed = answer_all(socket, &shared) => closed,
    }
}

async fn answer_all(socket: TcpStream, shared: &Shared) -> Result<(), Closed> {
    socket.set_nodelay(true)?;
    let reached_at = socket.local_addr()?;
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(bytes) = next_frame(&mut reader).await? {
        let request = frame::decode(bytes)?;
        let call = Call { version: request.version, client: request.client, reached_at };
        let Some(mut response) = api::answer(shared, &call, request.kind).await else { continue };
        if request.is_from_the_future
            && let ResponseKind::ApiVersions(versions) = &mut response
        {
            versions.error_code = ResponseError::UnsupportedVersion.code();
        }
        let bytes = frame::encode(request.key, call.version, request.correlation_id, &response)
            .map_err(Closed::Unanswerable)?;
        writer.write_all(&bytes).await?;
    }
    Ok(())
}

/// The next request's bytes; none when the client is done.
async fn next_frame(
    reader: &mut (impl tokio::io::AsyncRead + Unpin),
) -> Result<Option<Bytes>, Closed> {
    let announced = match reader.read_i32().await {
        Ok(size) => size,
        Err(error) if is_goodbye(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let size = usize::try_from(announced)
        .ok()
        .filter(|size| *size <= LARGEST_FRAME)
        .ok_or(Closed::FrameSize(announced))?;
    // Memory follows the bytes that really come, not those that were announced.
    let mut frame = Vec::with_capacity(size.min(64 << 10));
    reader.take(size as u64).read_to_end(&mut frame).await?;
    match frame.len() == size {
        true => Ok(Some(Bytes::from(frame))),
        false => Ok(None),
    }
}

fn is_goodbye(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}
