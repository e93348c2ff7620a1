//! A running program: lines in, text out, with a deadline for every wait.

use std::io::{PipeReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// The longest wait for anything. Wine makes its first directory in this time.
const PATIENCE: Duration = Duration::from_secs(60);
/// The interval between two checks whether a program has ended. Its output does not show that: Wine's own server keeps
/// it open for some seconds more.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A child process; dropping it ends the process.
pub(super) struct Program {
    name: String,
    child: Child,
    chunks: Receiver<Vec<u8>>,
    output: Vec<u8>,
}

impl Program {
    pub(super) fn start(mut command: Command, name: &str) -> Result<Self> {
        let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().context("cannot make a pipe")?)
            .stderr(writer)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (sender, chunks) = channel();
        std::thread::spawn(move || listen(reader, &sender));
        Ok(Self { name: name.to_owned(), child, chunks, output: Vec::new() })
    }

    /// Waits until the program has printed a text, and returns everything it has printed so far.
    pub(super) fn expect(&mut self, text: &str) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let output = String::from_utf8_lossy(&self.output);
            if output.contains(text) {
                return Ok(output.into_owned());
            }
            let Ok(bytes) =
                self.chunks.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            else {
                bail!("{} did not print {text:?} but\n{output}", self.name);
            };
            self.output.extend(bytes);
        }
    }

    pub(super) fn say(&mut self, line: &str) -> Result<()> {
        let input = self.child.stdin.as_mut().context("its input is closed")?;
        writeln!(input, "{line}").with_context(|| format!("{} does not listen", self.name))
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&mut self) -> Result<()> {
        crate::process::run("kill", &["-INT", &self.child.id().to_string()])
    }

    /// Closes its input and waits until it has ended successfully.
    pub(super) fn ends_well(mut self) -> Result<()> {
        let code = self.ends()?;
        self.output.extend(self.chunks.try_iter().flatten());
        let output = String::from_utf8_lossy(&self.output);
        ensure!(code == Some(0), "{} ended with code {code:?}; it printed\n{output}", self.name);
        Ok(())
    }

    /// Closes its input, waits for its end and returns the exit code.
    pub(super) fn ends(&mut self) -> Result<Option<i32>> {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            ensure!(Instant::now() < deadline, "{} does not end", self.name);
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Killing fails for a process that has ended, which is as good.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn listen(mut output: PipeReader, chunks: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count) = output.read(&mut buffer)
        && count > 0
        && chunks.send(buffer[..count].to_vec()).is_ok()
    {}
}
