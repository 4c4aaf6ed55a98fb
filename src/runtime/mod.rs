//! Hosts the steps: everything that is hard about running them lives here and nowhere else.

pub mod clock;

pub use clock::Moment;
