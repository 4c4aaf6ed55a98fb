//! Clients and stores of the world outside: what we ask, and what we refuse to be sent to.

pub mod roots;
pub mod log_store;
pub mod spark_history;
pub mod chat;
