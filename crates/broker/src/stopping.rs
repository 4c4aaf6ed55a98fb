//! How the broker's tasks learn that it is over.

use tokio::sync::watch;

/// Held by every task of a broker.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

/// Held by the broker: dropping it stops the tasks too.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

pub(crate) fn channel() -> (Stop, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (Stop(sender), Stopping(receiver))
}

impl Stop {
    pub(crate) fn tell(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Returns when the broker is told to stop, or is gone.
    pub(crate) async fn told(&mut self) {
        // An error says that the sender is gone, which means the same.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
