//! The tasks of a shard's thread, and the end of that thread when a task panics. The runtime would hide the panic, and
//! the other tasks would continue without whatever the task held. It is better that the server stops and reports why.

use std::future::Future;
use std::rc::Rc;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};

/// Starts tasks, and notices when one has panicked.
#[derive(Clone, Default)]
pub(super) struct Tasks(Rc<Notify>);

/// Held by a task while it exists.
struct Watch(Tasks);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.0.notify_one();
        }
    }
}

impl Tasks {
    /// Starts a task on this thread. The argument creates the future, because a future that is passed in and awaited
    /// would be stored twice in the task, and most of the memory of an idle connection is its task.
    pub(super) fn spawn<F>(&self, task: impl FnOnce() -> F + 'static) -> AbortHandle
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

    /// Waits until every task that is ready has had a turn. It starts a new task, which runs after them.
    pub(super) async fn wait_for_others(&self) {
        let turn = Rc::new(Notify::new());
        let notifier = Rc::clone(&turn);
        self.spawn(move || async move { notifier.notify_one() });
        turn.notified().await;
    }

    /// Waits until a task has panicked.
    pub(super) async fn panicked(&self) {
        self.0.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_noticed_and_one_that_ends_or_is_ended_is_not() {
        let tasks = Tasks::default();
        let noticed = |wait_ms| {
            let tasks = tasks.clone();
            async move {
                tokio::time::timeout(Duration::from_millis(wait_ms), tasks.panicked()).await.is_ok()
            }
        };
        LocalSet::new()
            .run_until(async {
                tasks.spawn(|| async {});
                tasks.spawn(std::future::pending).abort();
                assert!(!noticed(50).await);
                tasks.spawn(|| async { panic!("as it is meant to") });
                assert!(noticed(60_000).await);
            })
            .await;
    }
}
