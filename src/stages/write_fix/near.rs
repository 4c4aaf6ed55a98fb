//! Which of the names that exist is the one that went missing.

/// What resembles a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Near<'a> {
    None,
    One(&'a str),
    Several(Vec<&'a str>),
}

/// The candidates that a person would take for the same column renamed: spelt the same but for case
/// and underscores, or else a few letters apart, abbreviated, or with a word more or less.
pub(super) fn nearest<'a>(missing: &str, candidates: &[&'a str]) -> Near<'a> {
    let same = |name: &&&str| squeezed(name) == squeezed(missing);
    let alike = |name: &&&str| {
        is_respelt(missing, name) || is_abbreviated(missing, name) || shares_words(missing, name)
    };
    let mut near: Vec<&str> = candidates.iter().filter(same).copied().collect();
    if near.is_empty() {
        near = candidates.iter().filter(alike).copied().collect();
    }
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [] => Near::None,
        [only] => Near::One(only),
        _ => Near::Several(near),
    }
}

fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A third of the letters may differ.
fn is_respelt(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    distance(&a, &b) <= (a.len().max(b.len()) / 3)
}

/// `amt` for `amount`: the letters of one in the order of the other, from the same first to the
/// same last.
fn is_abbreviated(a: &str, b: &str) -> bool {
    let (a, b) = (squeezed(a), squeezed(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let mut rest = long.chars();
    short.len() > 1
        && short.chars().next() == long.chars().next()
        && short.chars().next_back() == long.chars().next_back()
        && short.chars().all(|c| rest.any(|other| other == c))
}

/// `date` for `order_date`: all words of one are in the other.
fn shares_words(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    !few.is_empty() && few.iter().all(|word| many.contains(word))
}

/// Letters to insert, drop or exchange.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_near_name_is_taken_and_a_choice_is_left_to_people() {
        let orders = ["name", "amount", "city", "segment", "channel"];
        assert_eq!(nearest("amt", &orders), Near::One("amount"));
        assert_eq!(nearest("booking_date", &["posting_date"]), Near::One("posting_date"));
        assert_eq!(nearest("Amount", &orders), Near::One("amount"));
        assert_eq!(nearest("customerId", &["customer_id", "customer"]), Near::One("customer_id"));
        assert_eq!(nearest("date", &["order_date", "city"]), Near::One("order_date"));
        assert_eq!(nearest("qty", &["quantity", "city"]), Near::One("quantity"));
        assert_eq!(nearest("revenue", &orders), Near::None);
        assert_eq!(nearest("amt", &[]), Near::None);
        let dates = ["order_date", "ship_date"];
        assert_eq!(nearest("date", &dates), Near::Several(dates.to_vec()));
    }

    #[test]
    fn distance_counts_letters() {
        let of = |a: &str, b: &str| {
            distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        for (a, b, letters) in
            [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("booking", "posting", 3)]
        {
            assert_eq!(of(a, b), letters, "{a} {b}");
        }
    }
}
