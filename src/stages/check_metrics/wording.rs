//! Numbers as people read them.

/// `1234567` as `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 task`, `2 tasks`.
pub fn several(n: u64, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(n))
}

/// Bytes in the largest unit that leaves a whole number or more.
pub fn bytes(n: u64) -> String {
    let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.iter().find(|(size, _)| n >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", n as f64 / *size as f64),
        None => format!("{n} bytes"),
    }
}

/// Milliseconds as seconds or minutes.
pub fn time(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{:.1} s", ms as f64 / 1_000.0),
        _ => format!("{:.0} min", ms as f64 / 60_000.0),
    }
}

/// A ratio, no more exact than it is.
pub fn times(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("{ratio:.1} times")
    } else {
        format!("{} times", count(ratio as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(7), count(1_234), count(1_234_567)], ["7", "1,234", "1,234,567"]);
        assert_eq!([several(1, "task"), several(1_000, "task")], ["1 task", "1,000 tasks"]);
        assert_eq!(
            [bytes(512), bytes(1 << 20), bytes(3 << 29)],
            ["512 bytes", "1.0 MiB", "1.5 GiB"]
        );
        assert_eq!([time(999), time(1_500), time(180_000)], ["999 ms", "1.5 s", "3 min"]);
        assert_eq!([times(4.25), times(218.3)], ["4.2 times", "218 times"]);
    }
}
