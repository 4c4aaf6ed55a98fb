//! Tells people: one conversation about one cause, one message that is edited as news arrives.

pub mod gather;
pub mod compose;
mod known;
mod caps;
mod message;
mod remedies;
pub(crate) mod words;
pub mod deliver;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use compose::{Compose, Retries};
pub use deliver::Deliver;
pub use gather::Gather;
