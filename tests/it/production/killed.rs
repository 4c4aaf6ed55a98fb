//! The real binary, killed at any moment and started again on the same data folder.
