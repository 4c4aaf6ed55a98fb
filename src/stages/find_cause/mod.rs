//! Names the root cause of a failed run from the summary of its logs.
