//! When a message is opened, edited, closed and opened anew.

use super::*;
use crate::records::FailureId;
use crate::records::pull_request::PullRequestStatus;
use crate::runtime::Memory;

fn revisions(desk: &Desk) -> Vec<(FailureId, i32)> {
    desk.notices.iter().map(|notice| (notice.episode.clone(), notice.revision)).collect()
}

#[test]
fn a_revision_is_made_only_when_the_text_changes() {
    let mut desk = Desk::new(Retries::Hold);
    let story = Story::renamed_column(1);
    for _ in 0..3 {
        news(&story).into_iter().for_each(|news| desk.hear(news));
    }
    let episode = story.case.failure_id;
    let expected: Vec<(FailureId, i32)> = (1..=4).map(|n| (episode.clone(), n)).collect();
    assert_eq!(revisions(&desk), expected);
    let finals: Vec<bool> = desk.notices.iter().map(|notice| notice.is_final).collect();
    assert_eq!(finals, [false, false, false, true]);
}

#[test]
fn every_channel_hears_the_same() {
    let mut desk = Desk::new(Retries::Hold);
    desk.compose.channels = vec!["a".to_owned(), "b".to_owned()];
    desk.hear(news(&Story::renamed_column(1)).remove(0));
    let mut twin = desk.notices[0].clone();
    twin.channel = "b".to_owned();
    assert_eq!(desk.notices[1..], [twin]);
}

#[test]
fn a_retry_is_held_until_the_last_try_fails() {
    let mut desk = Desk::new(Retries::Hold);
    let mut first = Story::skewed(1).will_retry();
    let mut second = Story::skewed(2).will_retry();
    second.case.run_id = first.case.run_id.clone();
    for story in [&first, &second] {
        news(story).into_iter().for_each(|news| desk.hear(news));
    }
    assert_eq!(desk.notices, []);

    let mut last = Story::skewed(3);
    last.case.run_id = first.case.run_id.clone();
    desk.hear(news(&last).remove(0));
    assert_eq!((desk.last().revision, desk.last().failures), (1, 3));

    let mut desk = Desk::new(Retries::Tell);
    desk.hear(news(&first).remove(0));
    assert_eq!(desk.notices.len(), 1);

    first.pull_request = PullRequestStatus::Opened;
    let mut desk = Desk::new(Retries::Hold);
    news(&first).into_iter().for_each(|news| desk.hear(news));
    assert_eq!(desk.notices.len(), 1, "a pull request that is open is told of");
}

#[test]
fn a_retry_that_succeeded_is_never_told_of() {
    let mut desk = Desk::new(Retries::Hold);
    news(&Story::skewed(1).will_retry()).into_iter().for_each(|news| desk.hear(news));
    desk.at = desk.at.plus(DAY);
    desk.ring();
    assert_eq!(desk.notices, []);
    assert_eq!(desk.conversation.wake_at(), None);
    assert!(desk.conversation.forget_at().is_some());
}

#[test]
fn an_episode_closes_and_the_next_failure_opens_another() {
    let mut desk = Desk::new(Retries::Hold);
    let first = Story::renamed_column(1);
    let mut late = news(&first);
    let pull_request = late.pop().expect("the pull request");
    late.into_iter().for_each(|news| desk.hear(news));

    desk.at = desk.conversation.wake_at().expect("an alarm");
    assert_eq!(desk.at, NIGHT.plus(DAY));
    desk.ring();
    assert_eq!(desk.conversation.wake_at(), None, "the alarm rings once");
    let text = serde_json::to_string(&desk.last().sections).expect("plain data");
    assert!(text.contains("Closed: no further failure for 24 hours"), "{text}");

    let second = Story::renamed_column(2);
    desk.hear(news(&second).remove(0));
    assert_eq!((&desk.last().episode, desk.last().revision), (&second.case.failure_id, 1));
    assert_eq!(desk.last().failures, 1);

    desk.hear(pull_request);
    assert_eq!((&desk.last().episode, desk.last().revision), (&first.case.failure_id, 5));
    let text = serde_json::to_string(&desk.last().sections).expect("plain data");
    assert!(text.contains("forge.example") && text.contains("Closed"), "{text}");
}

#[test]
fn a_failure_within_the_quiet_time_keeps_the_episode_open() {
    let mut desk = Desk::new(Retries::Hold);
    for n in 1..=3 {
        desk.hear(news(&Story::renamed_column(n)).remove(0));
        desk.at = desk.at.plus(DAY - Duration::from_secs(1));
        desk.ring();
    }
    let opened = Story::renamed_column(1).case.failure_id;
    assert_eq!(revisions(&desk), [(opened.clone(), 1), (opened.clone(), 2), (opened, 3)]);
}

#[test]
fn news_of_nothing_is_refused() {
    let mut desk = Desk::new(Retries::Hold);
    let mut empty = news(&Story::renamed_column(1)).remove(0);
    empty.cause = None;
    let mut out = Outbox::default();
    let refused = desk.compose.on_record(NIGHT, empty, &mut desk.conversation, &mut out);
    assert!(refused.is_err());
}
