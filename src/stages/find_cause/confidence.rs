//! How sure we are of the winner, from its weight and from how far the next one is behind.

/// From 0 to `ceiling`. `weight` and `lead` are in the units of
/// [`hypothesis`](super::hypothesis); the lead of a winner without rivals is its weight.
pub fn of(weight: f64, lead: f64, ceiling: f64) -> f64 {
    let heavy = logistic(1.2 * (weight - 1.2));
    let ahead = logistic(2.0 * lead + 0.4);
    let sure = (heavy * ahead).min(ceiling);
    (sure * 100.0).round() / 100.0
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_and_lead_make_sure_and_the_ceiling_holds() {
        assert_eq!(of(6.0, 6.0, 0.97), 0.97);
        assert!(of(2.5, 2.5, 0.97) < of(5.0, 5.0, 0.97));
        assert!(of(5.0, 0.1, 0.97) < 0.7, "a close rival");
        assert!(of(0.5, 0.5, 0.97) < 0.4, "a light winner");
    }
}
