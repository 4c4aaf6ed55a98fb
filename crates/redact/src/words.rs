//! What a word looks like: prose, a mixture, chance.

/// A plain or a compound word: `case-sensitive`, `invalid.`
pub(crate) fn is_prose(word: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    word.split('-').all(|part| !has_mixture(part) && !is_number(part))
}

/// Something else than a word of prose: digits or signs, or capitals within.
pub(crate) fn has_mixture(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let has_sign = word
        .bytes()
        .any(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_' | b':'));
    let has_inner_capital = word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase());
    has_letter && (has_digit || has_sign || has_inner_capital)
}

/// Random enough for a key, and not one of the random-looking names that logs are full of.
pub(crate) fn looks_random(word: &str) -> bool {
    const IDS: [&str; 11] = [
        "application_",
        "app-",
        "local-",
        "job_",
        "task_",
        "attempt_",
        "container_",
        "driver-",
        "appattempt_",
        "part-",
        "blockmgr-",
    ];
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_id = IDS.iter().any(|prefix| word.starts_with(prefix));
    let is_path = word.starts_with('/') || word.matches('/').count() > 2;
    if is_hex || is_id || is_path {
        return false;
    }
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && entropy(word) > 3.7
}

/// Bits per byte.
pub(crate) fn entropy(word: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let n = word.len() as f64;
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / n);
    shares.map(|share| -share * share.log2()).sum()
}

/// The words of a name, in small letters: `s3.maxTokenCount` is `s3`, `max`, `token`, `count`.
pub(crate) fn of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && after_small {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}
