//! What an error of the client means to a turn.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::runtime::JournalError;

/// What is to be done about a failed call of a transaction.
pub(super) enum Remedy {
    /// The same call again: its fate is not decided.
    Repeat,
    /// Abort; then the error tells the host what follows.
    Abort(JournalError),
    /// Nothing can be aborted any more.
    Stop(JournalError),
}

pub(super) fn remedy(error: &KafkaError) -> Remedy {
    let reason = error.to_string();
    let KafkaError::Transaction(detail) = error else {
        return Remedy::Abort(JournalError::RolledBack { reason });
    };
    let code = detail.code();
    if detail.is_fatal() {
        return Remedy::Stop(if is_fenced(code) {
            JournalError::Fenced { reason }
        } else {
            JournalError::Fatal { reason }
        });
    }
    if detail.txn_requires_abort() {
        return Remedy::Abort(after_abort(code, reason));
    }
    // A predecessor's transaction is still being ended.
    if detail.is_retriable() || code == RDKafkaErrorCode::ConcurrentTransactions {
        return Remedy::Repeat;
    }
    match code {
        _ if is_fenced(code) => Remedy::Stop(JournalError::Fenced { reason }),
        RDKafkaErrorCode::State
        | RDKafkaErrorCode::PurgeQueue
        | RDKafkaErrorCode::PurgeInflight => Remedy::Abort(JournalError::RolledBack { reason }),
        _ => Remedy::Stop(JournalError::Fatal { reason }),
    }
}

fn after_abort(code: RDKafkaErrorCode, reason: String) -> JournalError {
    if lost_its_tenure(code) {
        JournalError::TenureLost { reason }
    } else {
        JournalError::RolledBack { reason }
    }
}

/// Librdkafka calls these abortable; to us they mean that the partitions are somebody else's.
fn lost_its_tenure(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::IllegalGeneration
            | RDKafkaErrorCode::UnknownMemberId
            | RDKafkaErrorCode::FencedInstanceId
            | RDKafkaErrorCode::RebalanceInProgress
    )
}

pub(super) fn is_fenced(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::ProducerFenced
            | RDKafkaErrorCode::InvalidProducerEpoch
            | RDKafkaErrorCode::FencedInstanceId
    )
}
