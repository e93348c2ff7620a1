//! Runs a conversation on this thread, and waits for deadlines in it.

use tokio::time::Instant;

use crate::error::ClientError;

/// Waits until the deadline; for ever without one.
pub(crate) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Runs a conversation to its end on this thread.
///
/// # Errors
/// The errors of the conversation, and when the runtime cannot be started.
pub(crate) fn block_on<T>(
    conversation: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    run(conversation).map_err(ClientError::Start)?
}

/// Runs a program that uses a [`crate::Link`] to its end, on this thread. A program with a tokio runtime of its own
/// does not need this function.
///
/// It does not wait for tasks that the program leaves behind: a DNS lookup without an answer would delay the exit by
/// many seconds.
///
/// # Errors
/// When the runtime cannot be started.
pub fn run<T>(program: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_exit_does_not_wait_for_a_blocked_task() {
        let (sender, ended) = channel();
        let (answer, resolver) = channel::<()>();
        std::thread::spawn(move || {
            let program = async move { drop(tokio::task::spawn_blocking(move || resolver.recv())) };
            sender.send(run(program)).unwrap();
        });
        ended.recv_timeout(Duration::from_secs(60)).unwrap().unwrap();
        drop(answer);
    }
}
