//! A small topology: a stage that counts words of feedback, an action that posts them on a board.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adp::records::delivery::DeliveryStatus;
use adp::records::feedback::FeedbackKind;
use adp::records::{ConversationId, Delivery, FailureId, Feedback, Notice, Pipeline, Topic};
use adp::runtime::{
    About, Action, Ask, Effect, EffectId, End, Fault, Lane, Memory, Moment, Outbox, Rejected,
    Repeat, Stage, Topology,
};
use serde::{Deserialize, Serialize};

pub const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Default, Serialize, Deserialize)]
pub struct Seen {
    pub count: i32,
    pub wake_at: Option<Moment>,
}

impl Memory for Seen {
    const VERSION: u32 = 1;
    fn wake_at(&self) -> Option<Moment> {
        self.wake_at
    }
}

/// Turns every word of feedback into a notice with its number, and reminds a minute later.
pub struct Count;

pub fn notice(about: &str, revision: i32, title: &str) -> Notice {
    Notice {
        conversation_id: ConversationId::of(&[about]),
        episode: FailureId::of(&[about]),
        opened_by: about.to_owned(),
        channel: "board".to_owned(),
        revision,
        at: Moment::default(),
        title: title.to_owned(),
        sections: Vec::new(),
        failures: 1,
        is_final: false,
    }
}

impl Stage for Count {
    const NAME: &'static str = "count";
    type In = Feedback;
    type Out = Notice;
    type Memory = Seen;

    fn on_record(
        &self,
        at: Moment,
        input: Feedback,
        memory: &mut Seen,
        out: &mut Outbox<Notice>,
    ) -> Result<(), Rejected> {
        match input.text.as_deref() {
            Some("refuse") => return Err(Rejected { reason: "not to our taste".to_owned() }),
            Some("panic") => panic!("a bug of ours"),
            _ => {}
        }
        memory.count += 1;
        memory.wake_at = Some(at.plus(Duration::from_secs(60)));
        out.emit(notice(&input.pipeline.dag_id, memory.count, "news"));
        Ok(())
    }

    fn on_alarm(&self, _: Moment, memory: &mut Seen, out: &mut Outbox<Notice>) {
        memory.wake_at = None;
        memory.count += 1;
        out.emit(notice("reminder", memory.count, "reminder"));
    }
}

/// A board in the world: what was posted, by effect.
#[derive(Default)]
pub struct Board {
    pub posted: Vec<String>,
    pub faults: Vec<Fault>,
}

pub struct Post {
    pub board: Arc<Mutex<Board>>,
    pub repeat: Repeat,
    pub finds: bool,
}

impl Action for Post {
    const NAME: &'static str = "post";
    type In = Notice;
    type Out = Delivery;
    type Receipt = String;

    fn effect(&self, input: &Notice) -> Option<Effect> {
        let about = input.conversation_id.as_str();
        (input.title != "silence").then(|| Effect {
            id: EffectId::of(&[about, &input.revision.to_string(), &input.title]),
            about: About(about.to_owned()),
            repeat: self.repeat,
            lane: Lane("board".to_owned()),
            supersedes: false,
        })
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    async fn find(&self, ask: &Ask<'_, Self>) -> Result<Option<String>, Fault> {
        let board = self.board.lock().expect("no holder panics");
        let id = ask.id.as_str().to_owned();
        Ok((self.finds && board.posted.contains(&id)).then_some(id))
    }

    async fn perform(&self, ask: &Ask<'_, Self>) -> Result<String, Fault> {
        let mut board = self.board.lock().expect("no holder panics");
        if let Some(fault) = board.faults.pop() {
            return Err(fault);
        }
        board.posted.push(ask.id.as_str().to_owned());
        Ok(ask.id.as_str().to_owned())
    }

    fn outcome(&self, input: &Notice, end: End<String>) -> Delivery {
        let (status, reason) = match end {
            End::Nothing => (DeliveryStatus::Superseded, String::new()),
            End::Done(_) => (DeliveryStatus::Delivered, String::new()),
            End::Again(_) => (DeliveryStatus::DeliveredBefore, String::new()),
            End::GaveUp(reason) => (DeliveryStatus::GaveUp, reason.kind.name().to_owned()),
        };
        Delivery {
            conversation_id: input.conversation_id.clone(),
            episode: input.episode.clone(),
            channel: input.channel.clone(),
            revision: input.revision,
            status,
            place: None,
            reason,
        }
    }
}

impl Board {
    /// How often each effect is in the world.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for id in &self.posted {
            *counts.entry(id.clone()).or_default() += 1;
        }
        counts
    }
}

pub fn topology(board: &Arc<Mutex<Board>>, repeat: Repeat, finds: bool) -> Topology {
    Topology::fed_by([Topic::FEEDBACK])
        .decide(Count)
        .act(Post { board: board.clone(), repeat, finds })
        .ending_in([Topic::DELIVERIES])
}

/// The action alone.
pub fn posting(board: &Arc<Mutex<Board>>, repeat: Repeat, finds: bool) -> Topology {
    Topology::fed_by([Topic::NOTICES])
        .act(Post { board: board.clone(), repeat, finds })
        .ending_in([Topic::DELIVERIES])
}

/// Something to count, about a DAG.
pub fn word(dag: &str, text: &str) -> Feedback {
    Feedback {
        pipeline: Pipeline {
            source: "test".to_owned(),
            project: String::new(),
            dag_id: dag.to_owned(),
            task_id: String::new(),
        },
        kind: FeedbackKind::Mute,
        at: None,
        by: None,
        text: Some(text.to_owned()),
    }
}
