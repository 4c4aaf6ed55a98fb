//! Finds the last run of the same application that went well, in the server's list.

use reqwest::Url;
use tokio::time::timeout;

use super::answers::{Application, Job, StageAnswer};
use super::gathered::Gathered;
use super::{Ask, HistoryServer, Problem, below, host_of};
use crate::world::spark_history::{self, LastGood};

/// Applications of the list, the last to end first.
const MOST_LISTED: usize = 500;
/// Runs of the same name that are looked at.
const MOST_ASKED: usize = 3;

impl HistoryServer {
    /// The last run before `of` with its name whose jobs all succeeded; none where the server
    /// does not say within its patience.
    pub async fn last_good(
        &self,
        ask: Ask<'_>,
        of: &spark_history::Application,
    ) -> Option<LastGood> {
        let application = self.vetted(ask).ok()?;
        timeout(self.patience.whole, self.seek(&application, of)).await.ok()?
    }

    async fn seek(&self, application: &Url, of: &spark_history::Application) -> Option<LastGood> {
        let mut list = application.clone();
        list.path_segments_mut().ok()?.pop();
        let most = MOST_LISTED.to_string();
        let narrow = [("status", "completed"), ("limit", most.as_str())];
        let listed: Vec<Application> = self.get(&list, "", &narrow).await.ok()?;
        let mut earlier: Vec<(i64, Application)> = listed
            .into_iter()
            .filter(|other| {
                Some(&other.name) == of.name.as_ref() && Some(&other.id) != of.id.as_ref()
            })
            .filter_map(|other| Some((other.attempts.first()?.start_time_epoch?, other)))
            .filter(|(started, _)| of.started_at.is_some_and(|ours| *started < ours))
            .collect();
        earlier.sort_by_key(|(started, _)| std::cmp::Reverse(*started));
        for (_, other) in earlier.into_iter().take(MOST_ASKED) {
            // One that cannot be told of costs only itself.
            if let Ok(Some(good)) = self.if_good(&list, other).await {
                return Some(good);
            }
        }
        None
    }

    async fn if_good(&self, list: &Url, other: Application) -> Result<Option<LastGood>, Problem> {
        let attempt = other.attempts.first().and_then(|attempt| attempt.attempt_id.clone());
        let application = below(list, &other.id);
        let run = attempt.map_or(application.clone(), |attempt| below(&application, &attempt));
        let mut gathered = Gathered::default();
        gathered.application(other);
        gathered.jobs(self.get::<Vec<Job>>(&run, "jobs", &[]).await?);
        let complete = [("status", "complete")];
        gathered.stages(self.get::<Vec<StageAnswer>>(&run, "stages", &complete).await?);
        let run = gathered.finish(host_of(&run));
        Ok(run.went_well().then(|| run.as_last_good()))
    }
}
