//! Writes log lines to standard error through a bounded queue and a thread of its own: the reader of standard error may
//! stop, and the hub and the shards must not stop with it. Lines that do not fit are dropped and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing::warn;
use tracing_subscriber::fmt::MakeWriter;

/// Lines queued for standard error, a few hundred bytes each.
const LINES_MAX: usize = 4096;
/// How long the end of the program waits for queued lines.
const FLUSH_TIME: Duration = Duration::from_secs(1);
const FLUSH_LOOK_EVERY: Duration = Duration::from_millis(5);

/// The end at which lines are handed in.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    queue: SyncSender<Item>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    /// A request to report when everything before it has been written.
    Flushed(SyncSender<()>),
}

impl Lines {
    /// Starts the writing thread.
    pub(super) fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, items) = sync_channel(LINES_MAX);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_out(out, &items, &counted))?;
        Ok(Self { queue, dropped })
    }

    /// Waits until the queued lines are written, at most [`FLUSH_TIME`].
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + FLUSH_TIME;
        let (sender, flushed) = sync_channel(1);
        let mut item = Item::Flushed(sender);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(item) {
            if Instant::now() >= deadline {
                return;
            }
            item = back;
            std::thread::sleep(FLUSH_LOOK_EVERY);
        }
        flushed.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok();
    }
}

fn write_out(mut out: impl Write, items: &Receiver<Item>, dropped: &AtomicU64) {
    for item in items {
        match item {
            // If standard error is closed, there is no place to report it.
            Item::Line(line) => drop(out.write_all(&line)),
            Item::Flushed(sender) => drop(sender.send(())),
        }
        let dropped = dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            warn!(dropped, "log lines were dropped because standard error was blocked");
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.queue.try_send(Item::Line(line.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Writes only when the test allows it.
    struct Slow(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().ok();
            self.1.send(bytes.to_vec()).ok();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_blocked_log_blocks_no_thread_and_counts_dropped_lines() {
        let (allow, allowed) = channel();
        let (written, seen) = channel();
        let mut lines = Lines::start(Slow(allowed, written)).unwrap();
        for number in 0..2 * LINES_MAX {
            lines.write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        let dropped = usize::try_from(lines.dropped.load(Ordering::Relaxed)).unwrap();
        // The thread may hold one line.
        assert!((LINES_MAX - 1..=LINES_MAX).contains(&dropped), "{dropped} dropped");
        drop(allow);
        lines.flush();
        let all: Vec<Vec<u8>> = seen.try_iter().collect();
        assert_eq!(all.len(), 2 * LINES_MAX - dropped);
        assert_eq!(all[..2], [b"0\n", b"1\n"]);
    }
}
