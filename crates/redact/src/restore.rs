//! Puts secrets back into a redacted text that was edited elsewhere, so that the edited text can
//! travel without them.

use crate::placeholder;
use crate::redactor::Redactor;

/// Whether the text holds a placeholder.
pub fn is_redacted(text: &str) -> bool {
    placeholder::is_in(text)
}

impl Redactor {
    /// `edited` with the secrets of `original`. `None` where the edits touched a line that holds
    /// one: the lines with placeholders must be those of the redacted original, in their order.
    pub fn restore(&self, original: &str, edited: &str) -> Option<String> {
        let redacted = self.redact(original).text;
        let pairs = redacted.split('\n').zip(original.split('\n'));
        let mut secret_lines = pairs.filter(|(redacted, _)| is_redacted(redacted));
        let mut lines = Vec::new();
        for line in edited.split('\n') {
            if !is_redacted(line) {
                lines.push(line);
                continue;
            }
            let (redacted, original) = secret_lines.next()?;
            if redacted != line {
                return None;
            }
            lines.push(original);
        }
        secret_lines.next().is_none().then(|| lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_text_gets_its_secrets_back_unless_the_edits_touched_one() {
        let redactor = Redactor::built_in();
        let original = "a = 1\npassword = 'hunter2'\nb = 2\npassword = 'hunter3'\n";
        let edited = |from: &str, to: &str| original.replace(from, to);
        let clean = |text: &str| redactor.redact(text).text;
        for text in [edited("a = 1", "a = 7\nc = 0"), edited("b = 2\n", ""), original.to_owned()] {
            assert!(!clean(&text).contains("hunter"));
            assert_eq!(redactor.restore(original, &clean(&text)), Some(text));
        }
        for text in [edited("hunter2", "hunter9"), edited("password = 'hunter2'\n", "")] {
            assert_eq!(redactor.restore(original, &clean(&text)), None);
        }
    }
}
