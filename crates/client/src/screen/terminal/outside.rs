//! What happens outside of the screen: a bell, a notification, a page in the browser.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// How a terminal takes notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `OSC 9 ; text`.
    Osc9,
    /// `OSC 777 ; notify ; title ; text`.
    Osc777,
    /// Not at all: a bell must do.
    Bell,
}

/// Rings and notifies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notifier {
    way: Way,
}

impl Notifier {
    /// What the environment says of the terminal. An unknown one is sent nothing it might print.
    pub(super) fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let program = variable("TERM_PROGRAM").unwrap_or_default();
        let has =
            |names: &[&str]| names.iter().any(|name| term.contains(name) || program.contains(name));
        let way = if has(&["rxvt", "foot", "vte"]) || variable("VTE_VERSION").is_some() {
            Way::Osc777
        } else if has(&["iTerm", "WezTerm", "ghostty", "kitty", "xterm"]) {
            Way::Osc9
        } else {
            Way::Bell
        };
        Self { way }
    }

    pub(super) fn ring(self) -> io::Result<()> {
        write_out("\u{7}")
    }

    pub(super) fn notify(self, title: &str, body: &str) -> io::Result<()> {
        match self.way {
            Way::Osc9 => write_out(&format!("\u{1b}]9;{title}: {body}\u{1b}\\")),
            Way::Osc777 => {
                // The title ends at the semicolon.
                let title = title.replace(';', ",");
                write_out(&format!("\u{1b}]777;notify;{title};{body}\u{1b}\\"))
            }
            Way::Bell => Ok(()),
        }
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Opens an address in the browser of the desktop. No shell reads it.
pub(super) fn open(address: &str) -> io::Result<()> {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    // Somebody has to take note of its end, and it may take its time.
    std::thread::spawn(move || child.wait().ok());
    Ok(())
}
