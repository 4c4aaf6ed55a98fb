//! Every order of the same news ends in the same knowledge and the same last message.

use proptest::prelude::*;

use super::*;

/// What is known, as it is kept, and what people read in the end.
#[derive(Debug, PartialEq)]
struct Ending {
    known: serde_json::Value,
    title: String,
    sections: serde_json::Value,
    failures: i32,
    is_final: bool,
}

fn ending(news: Vec<News>, retries: Retries) -> Ending {
    let mut desk = Desk::new(retries);
    news.into_iter().for_each(|news| desk.hear(news));
    let kept = serde_json::to_value(&desk.conversation).expect("plain data");
    let last = desk.last();
    Ending {
        known: kept["episodes"][0]["known"].clone(),
        title: last.title.clone(),
        sections: serde_json::to_value(&last.sections).expect("plain data"),
        failures: last.failures,
        is_final: last.is_final,
    }
}

fn permutations(news: &[News]) -> Vec<Vec<News>> {
    if news.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..news.len() {
        let mut rest = news.to_vec();
        let chosen = rest.remove(first);
        for mut order in permutations(&rest) {
            order.insert(0, chosen.clone());
            all.push(order);
        }
    }
    all
}

#[test]
fn every_order_of_one_failure() {
    for story in [Story::renamed_column(1), Story::skewed(1), Story::missing_table("mart", 1)] {
        let news = news(&story);
        let expected = ending(news.clone(), Retries::Hold);
        for order in permutations(&news) {
            assert_eq!(ending(order, Retries::Hold), expected);
        }
    }
}

#[test]
fn every_order_of_a_retry_and_its_end() {
    let mut first = Story::renamed_column(1).will_retry();
    first.pull_request = crate::records::pull_request::PullRequestStatus::GaveUp;
    let mut last = Story::renamed_column(2);
    last.case.run_id = first.case.run_id.clone();
    let both: Vec<News> =
        news(&first).into_iter().take(3).chain(news(&last).into_iter().take(3)).collect();
    let expected = ending(both.clone(), Retries::Hold);
    assert_eq!(expected.failures, 2);
    for order in permutations(&both) {
        assert_eq!(ending(order, Retries::Hold), expected);
    }
}

/// More failures and pipelines than are kept, each with all its news, one of them twice.
fn outage() -> Vec<News> {
    let mut all = Vec::new();
    for n in 0..30 {
        let mut story = Story::missing_table(&format!("mart_{:02}", n * 7 % 30), 1 + n % 3);
        if n % 4 == 0 {
            story = story.will_retry();
        }
        all.extend(news(&story));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_order_of_an_outage(order in Just(outage()).prop_shuffle(), hold: bool) {
        let retries = if hold { Retries::Hold } else { Retries::Tell };
        prop_assert_eq!(ending(order, retries), ending(outage(), retries));
    }
}

#[test]
fn what_is_kept_has_a_bound_whatever_comes() {
    let long = "é\u{1b}\"\\ ".repeat(400);
    let mut desk = Desk::new(Retries::Tell);
    let mut sizes = Vec::new();
    for n in 0..40 {
        let mut story = Story::renamed_column(n);
        story.case.pipeline.dag_id = format!("{n}{long}");
        story.case.failure_id = crate::records::FailureId::of(&[&n.to_string()]);
        for cause in [&mut story.cause, &mut story.confirmed] {
            cause.summary = long.clone();
            cause.class = long.clone();
            cause.subject.table = Some(long.clone());
            cause.subject.actual = Some(long.clone());
            cause.wrapped_by = vec![long.clone(); 100];
            cause.evidence[0].text = long.clone();
            cause.evidence = vec![cause.evidence[0].clone(); 100];
            cause.rivals[0].lost_because = long.clone();
            cause.rivals = vec![cause.rivals[0].clone(); 100];
            cause.next_steps[0].text = long.clone();
            cause.next_steps = vec![cause.next_steps[0].clone(); 100];
        }
        story.metrics.detail = long.clone();
        story.plan.reason = long.clone();
        story.plan.diff = format!("{long}\n").repeat(100);
        news(&story).into_iter().for_each(|news| desk.hear(news));
        sizes.push(serde_json::to_vec(&desk.conversation).expect("plain data").len());
    }
    let most = sizes.iter().max().expect("sizes");
    assert!(*most < 400_000, "{most} bytes are kept");
    let notice = serde_json::to_vec(desk.last()).expect("plain data").len();
    assert!(notice < 40_000, "{notice} bytes are said");
}
