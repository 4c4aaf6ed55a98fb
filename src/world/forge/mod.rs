//! Where jobs' sources are and where changes to them wait for people.
//!
//! Which repository belongs to a pipeline is the operator's word alone: an event can name a file,
//! never a repository, and a path of an event is compared with what the repository holds and never
//! opened. Nothing here touches a working tree or an existing branch.

pub mod editable;
pub mod local;
mod repositories;
#[cfg(test)]
pub(crate) mod testing;

pub use repositories::{Repositories, Repository};

use crate::runtime::Fault;

/// Why a forge could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// It may go well another time: a lock, a disk, a process that ended.
    #[error("failed to {doing}")]
    Unavailable { doing: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// It will not, until a person changes something.
    #[error("{0}")]
    Refused(String),
}

impl ForgeError {
    pub(crate) fn unavailable(
        doing: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        ForgeError::Unavailable { doing: doing.into(), source: source.into() }
    }
}

impl From<ForgeError> for Fault {
    fn from(error: ForgeError) -> Self {
        match error {
            ForgeError::Unavailable { doing, source } => {
                Fault::transient(format!("failed to {doing}: {source}"))
            }
            ForgeError::Refused(reason) => Fault::refused(reason),
        }
    }
}

/// Runs calls that wait for the disk where they hold up nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ForgeError> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        // A panic is our bug; the same call would panic again.
        Err(error) => Err(Fault::refused(format!("this step broke: {error}"))),
    }
}
