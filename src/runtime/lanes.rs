//! Who may start now: each lane sets its own pace.

use std::collections::BTreeMap;

use super::Moment;
use super::action::{Effect, Lane, Repeat};

/// Harmless effects of one lane that run at the same time; all others run one by one.
const MOST_HARMLESS_AT_ONCE: usize = 4;

#[derive(Default)]
pub(crate) struct Lanes {
    lanes: BTreeMap<Lane, State>,
}

#[derive(Default)]
struct State {
    running: usize,
    not_before: Moment,
}

impl Lanes {
    pub fn is_free_for(&self, effect: &Effect, at: Moment) -> bool {
        let most = if effect.repeat == Repeat::Harmless { MOST_HARMLESS_AT_ONCE } else { 1 };
        let state = self.lanes.get(&effect.lane);
        state.is_none_or(|state| state.running < most && state.not_before <= at)
    }

    pub fn started(&mut self, lane: &Lane) {
        self.lanes.entry(lane.clone()).or_default().running += 1;
    }

    pub fn ended(&mut self, lane: &Lane) {
        if let Some(state) = self.lanes.get_mut(lane) {
            state.running = state.running.saturating_sub(1);
        }
    }

    /// The lane rests: its server asked for it, or a try just failed.
    pub fn rest(&mut self, lane: &Lane, until: Moment) {
        let state = self.lanes.entry(lane.clone()).or_default();
        state.not_before = state.not_before.max(until);
    }

    pub fn rests_until(&self, lane: &Lane) -> Moment {
        self.lanes.get(lane).map_or(Moment::default(), |state| state.not_before)
    }
}
