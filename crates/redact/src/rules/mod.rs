//! The built-in rules, in one visible list; what two rules see alike goes by the first.

mod cloud;
mod makers;
mod urls;
mod headers;
mod command_lines;
mod emails;

pub(crate) use crate::rule::Rule;

/// All rules in order; those for addresses of people only where they are asked for.
pub(crate) fn all(with_emails: bool) -> Vec<&'static Rule> {
    let groups = [cloud::RULES, makers::RULES, urls::RULES, headers::RULES, command_lines::RULES];
    let emails: &[Rule] = if with_emails { emails::RULES } else { &[] };
    groups.into_iter().chain([emails]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles_names_its_secret_and_has_a_bit() {
        let rules = all(true);
        assert!(rules.len() <= 64, "{} rules", rules.len());
        for rule in rules {
            let pattern = regex::Regex::new(rule.pattern).expect(rule.pattern);
            let mut groups = pattern.capture_names().flatten();
            assert!(groups.any(|name| name == "secret"), "{}", rule.pattern);
            assert!(!rule.keywords.is_empty(), "{}", rule.pattern);
        }
    }
}
