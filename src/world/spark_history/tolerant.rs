//! Counts as Spark gives them: numbers, now and then below zero (active tasks after a lost
//! executor, times across a clock that was set back) or null. None of these may cost the rest.

use std::fmt;

use serde::de::{Deserializer, Visitor};

/// For `deserialize_with`: what is no count is none.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Count)
}

struct Count;

impl Visitor<'_> for Count {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or null")
    }

    fn visit_u64<E>(self, n: u64) -> Result<u64, E> {
        Ok(n)
    }

    fn visit_i64<E>(self, n: i64) -> Result<u64, E> {
        Ok(u64::try_from(n).unwrap_or(0))
    }

    fn visit_f64<E>(self, n: f64) -> Result<u64, E> {
        Ok(n as u64)
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }
}
