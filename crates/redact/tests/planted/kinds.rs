//! What secrets look like.

use super::Chance;

pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A password as people and machines choose them; `signs` are those its spelling can hold. The
/// number within keeps weak ones different from each other.
pub fn password(chance: &mut Chance, signs: &str) -> String {
    let number = chance.next() % 10_000_000;
    match chance.below(4) {
        0 => format!("{}{number}", chance.pick(&["hunter", "Sommer", "Welcome", "letmein", "qwe"])),
        1 => {
            let sign = chance.word(signs, 1);
            format!("{}{sign}{number}", chance.pick(&["Admin", "Spark", "etl", "p4ss"]))
        }
        2 => format!("x{}{number}", chance.word(&format!("{ALNUM}{signs}"), 10)),
        _ => format!("{}{number}", chance.word(ALNUM, 12)),
    }
}

/// A word without any sign, as generators make them for machines.
pub fn key(chance: &mut Chance) -> String {
    let n = 20 + chance.below(24);
    format!("a1B{}", chance.word(ALNUM, n))
}

/// A secret that shows by its shape.
pub fn shaped(chance: &mut Chance) -> String {
    match chance.below(30) {
        0 => format!("AKIA{}", chance.word(UPPER, 16)),
        1 => format!("ASIA{}", chance.word(UPPER, 16)),
        2 => format!("ghp_{}", chance.word(ALNUM, 36)),
        3 => format!("github_pat_{}_{}", chance.word(ALNUM, 22), chance.word(ALNUM, 59)),
        4 => format!("glpat-{}", chance.word(URL64, 20)),
        5 => format!("xoxb-{}-{}", chance.word("0123456789", 12), chance.word(ALNUM, 24)),
        6 => format!("dapi{}", chance.word(HEX, 32)),
        7 => format!("sk_live_{}", chance.word(ALNUM, 24)),
        8 => format!("sk-ant-api03-{}", chance.word(URL64, 80)),
        9 => format!("sk-proj-{}", chance.word(ALNUM, 48)),
        10 => format!("sk-{}", chance.word(ALNUM, 48)),
        11 => format!("hf_{}", chance.word(ALNUM, 34)),
        12 => format!("SG.{}.{}", chance.word(URL64, 22), chance.word(URL64, 43)),
        13 => format!("SK{}", chance.word(HEX, 32)),
        14 => format!("npm_{}", chance.word(ALNUM, 36)),
        15 => format!("pypi-AgEIcHlwaS5vcmc{}", chance.word(URL64, 80)),
        16 => format!("dckr_pat_{}", chance.word(ALNUM, 27)),
        17 => format!("AIza{}", chance.word(URL64, 34) + "x"),
        18 => format!("ya29.{}", chance.word(ALNUM, 60)),
        19 => format!("GOCSPX-{}", chance.word(ALNUM, 28)),
        20 => jwt(chance),
        21 => format!("hvs.{}9aB", chance.word(ALNUM, 90)),
        22 => format!("FwoGZXIvYXdz{}", chance.word(BASE64, 120)),
        23 => format!("IQoJb3JpZ2lu{}", chance.word(BASE64, 120)),
        24 => format!("{}8Q~{}", chance.word(ALNUM, 3), chance.word(ALNUM, 34)),
        25 => format!("rk_live_{}", chance.word(ALNUM, 24)),
        26 => format!("glrt-{}", chance.word(ALNUM, 20)),
        27 => format!("xapp-1-{}", chance.word(ALNUM, 40)),
        28 => format!("LTAI{}", chance.word(ALNUM, 20)),
        _ => format!("gho_{}", chance.word(ALNUM, 36)),
    }
}

pub fn jwt(chance: &mut Chance) -> String {
    let (claims, signature) = (chance.word(URL64, 60), chance.word(URL64, 43));
    format!("eyJhbGciOiJIUzI1NiJ9.eyJ{claims}.{signature}")
}

pub fn aws_secret(chance: &mut Chance) -> String {
    format!("a1B{}", chance.word(BASE64, 37).replace("//", "/A"))
}

/// A random key of 32 to 44 letters; the numbers within keep it apart from words.
pub fn opaque(chance: &mut Chance) -> String {
    let n = 13 + chance.below(5);
    format!("a1B{}7K{}q9X", chance.word(ALNUM, n), chance.word(ALNUM, n))
}

/// 32 bytes in the base64 of URLs.
pub fn fernet(chance: &mut Chance) -> String {
    format!("{}{}=", chance.word(URL64, 42), chance.word("AEIMQUYcgkosw048", 1))
}

/// A secret of plain words, as people choose them.
pub fn words(chance: &mut Chance) -> String {
    let which = chance.pick(&["super", "my_app", "prod", "the_one"]);
    let what = chance.pick(&["secret", "client_secret", "password_for"]);
    format!("{which}_{what}_{}", chance.word("abcdefghijklmnopqrstuvwxyz", 8))
}

pub fn storage_key(chance: &mut Chance) -> String {
    format!("{}Aa1==", chance.word(&BASE64.replace('/', ""), 83))
}

pub fn hex(chance: &mut Chance, n: usize) -> String {
    format!("a1{}", chance.word(HEX, n - 2))
}

/// Body lines of a private key: whole ones and a shorter last.
pub fn key_body(chance: &mut Chance) -> Vec<String> {
    let mut lines = vec![format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{}", chance.word(BASE64, 32))];
    lines.extend((0..3).map(|_| chance.word(BASE64, 64)));
    lines.push(format!("{}==", chance.word(BASE64, 22)));
    lines
}

/// Percent-encoded, all but letters and digits.
pub fn encoded(text: &str) -> String {
    let of = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(of).collect()
}
