//! Everything that is tested from outside the library, in one binary so that it links once.

mod architecture;
mod schemas;
mod examples;
mod golden;
mod conformance;
mod runtime;
mod production;
mod sources;
mod metrics;
mod analyze;
mod rules;
mod demo;
mod fuzz;
