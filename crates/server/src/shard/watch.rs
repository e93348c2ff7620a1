//! The shard's tasks, and what becomes of the shard when one panics. The runtime would keep that to itself, and
//! the rest would go on with whatever the task had taken and not given back: better the house closes and says
//! why.

use std::future::Future;
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};

use super::Shard;

/// Whether a task has panicked; [`super::run`] waits for it.
#[derive(Clone, Default)]
pub(super) struct Panicked(Rc<Notify>);

/// Held by a task for as long as it is there.
struct Watch(Panicked);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.0.notify_one();
        }
    }
}

impl Panicked {
    /// Starts a task on this thread. Takes what makes it, because a future that is handed in and awaited stands
    /// in the task twice, and most of an idle connection is its task.
    pub(super) fn watch<F>(&self, task: impl FnOnce() -> F + 'static) -> AbortHandle
    where
        F: Future<Output = ()> + 'static,
    {
        let watch = Watch(self.clone());
        let task = spawn_local(async move {
            let _watch = watch;
            task().await;
        });
        task.abort_handle()
    }

    /// Waits until a task has panicked.
    pub(super) async fn wait(&self) {
        self.0.notified().await;
    }
}

impl Shard {
    /// Starts a task of this shard.
    pub(super) fn spawn<F>(&self, task: impl FnOnce() -> F + 'static) -> AbortHandle
    where
        F: Future<Output = ()> + 'static,
    {
        self.panicked.watch(task)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_noticed_and_one_that_ends_or_is_ended_is_not() {
        let panicked = Panicked::default();
        let noticed = |wait_ms| {
            let panicked = panicked.clone();
            async move {
                tokio::time::timeout(Duration::from_millis(wait_ms), panicked.wait()).await.is_ok()
            }
        };
        LocalSet::new()
            .run_until(async {
                panicked.watch(|| async {});
                panicked.watch(std::future::pending).abort();
                assert!(!noticed(50).await);
                panicked.watch(|| async { panic!("as it is meant to") });
                assert!(noticed(60_000).await);
            })
            .await;
    }
}
