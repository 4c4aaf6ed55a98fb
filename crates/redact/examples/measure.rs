//! How many words of files are masked: `measure [--show] FILE...`; `time` tells how fast.

use adp_redact::Redactor;

fn main() -> std::io::Result<()> {
    let (flags, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let is_shown = flags.iter().any(|flag| flag == "--show");
    let redactor = Redactor::built_in();
    let (mut n_bytes, mut n_words, mut n_masked) = (0, 0, 0);
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let redacted = redactor.redact(&text).text;
        n_bytes += text.len();
        n_words += text.split_whitespace().count();
        n_masked += redacted.matches("[redacted:").count();
        for (before, after) in text.lines().zip(redacted.lines()) {
            if is_shown && before != after {
                println!("{file}\n  {before}\n  {after}");
            }
        }
    }
    println!("{n_bytes} bytes, {n_masked} of {n_words} words masked");
    Ok(())
}
