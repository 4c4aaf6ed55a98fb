//! How fast files are redacted, and how many of their words are masked: `measure [--show] FILE...`

use std::time::Instant;

use adp_redact::Redactor;

fn main() -> std::io::Result<()> {
    let (flags, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let is_shown = flags.iter().any(|flag| flag == "--show");
    let redactor = Redactor::built_in();
    let (mut n_bytes, mut n_words, mut n_masked, mut seconds) = (0, 0, 0, 0.0);
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let start = Instant::now();
        let redacted = redactor.redact(&text).text;
        seconds += start.elapsed().as_secs_f64();
        n_bytes += text.len();
        n_words += text.split_whitespace().count();
        n_masked += redacted.matches("[redacted:").count();
        for (before, after) in text.lines().zip(redacted.lines()) {
            if is_shown && before != after {
                println!("{file}\n  {before}\n  {after}");
            }
        }
    }
    let megabytes = n_bytes as f64 / 1e6;
    let share = 100.0 * f64::from(u32::try_from(n_masked).unwrap_or(u32::MAX)) / n_words as f64;
    println!(
        "{megabytes:.1} MB, {:.0} MB/s, {n_masked} of {n_words} words masked ({share:.4} %)",
        megabytes / seconds
    );
    Ok(())
}
