//! Everything that is tested from outside the library, in one binary so that it links once.

mod golden;
mod conformance;
mod runtime;
mod production;
mod metrics;
mod demo;
