//! A running program: lines in, text out, with a deadline for everything that is waited for.

use std::io::{PipeReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long to wait for anything. Wine makes its first directory in the meantime.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks whether a program has ended. Its output says nothing about that: Wine's own server has it
/// open for some seconds more.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A child; it ends with this value.
pub(super) struct Program {
    name: String,
    child: Child,
    said: Receiver<Vec<u8>>,
    heard: Vec<u8>,
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
        let (sender, said) = channel();
        std::thread::spawn(move || listen(reader, &sender));
        Ok(Self { name: name.to_owned(), child, said, heard: Vec::new() })
    }

    /// Waits until the program has printed a text, and gives everything it has printed so far.
    pub(super) fn expect(&mut self, text: &str) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = String::from_utf8_lossy(&self.heard);
            if heard.contains(text) {
                return Ok(heard.into_owned());
            }
            let Ok(bytes) =
                self.said.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            else {
                bail!("{} did not print {text:?} but\n{heard}", self.name);
            };
            self.heard.extend(bytes);
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

    /// Closes its input and waits until it has ended well.
    pub(super) fn ends_well(mut self) -> Result<()> {
        let code = self.ends()?;
        self.heard.extend(self.said.try_iter().flatten());
        let heard = String::from_utf8_lossy(&self.heard);
        ensure!(code == Some(0), "{} ended with code {code:?}; it printed\n{heard}", self.name);
        Ok(())
    }

    /// Closes its input, waits for its end and gives the exit code.
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
        // Fails for one that has ended, which is as good.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn listen(mut output: PipeReader, said: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count) = output.read(&mut buffer)
        && count > 0
        && said.send(buffer[..count].to_vec()).is_ok()
    {}
}
