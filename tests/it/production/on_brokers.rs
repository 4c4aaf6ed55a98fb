//! The service whole, on the embedded broker and on real Kafka.
