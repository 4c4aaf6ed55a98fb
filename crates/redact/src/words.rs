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

/// Goes from small letters to capitals to digits and back as often as chance does, and more often
/// than names that are put together from words.
pub(crate) fn alternates(word: &str) -> bool {
    let kind = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let kinds: Vec<u8> = word.as_bytes().iter().map(kind).collect();
    let n_changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    n_changes * 5 >= word.len() * 2
}

/// What follows a name of a file, a member or a function: `UTF8StreamJsonParser.java`, `f(`.
pub(crate) fn is_code_before(behind: &str) -> bool {
    let mut next = behind.chars();
    match next.next() {
        Some('.') => next.next().is_some_and(|c| c.is_ascii_alphabetic()),
        Some('(' | '$' | '@') => true,
        _ => false,
    }
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
