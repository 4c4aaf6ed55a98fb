//! The production topology, whole: real logs in, a branch in a git repository and a message out.

mod workshop;
mod watching;
mod crashes;
mod oddities;
mod secrets;
mod killed;
mod on_brokers;
mod reloading;
