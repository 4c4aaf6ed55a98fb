//! What the runtime promises, on a small topology: on the driver and on brokers.

mod toy;
mod on_driver;
mod on_brokers;
