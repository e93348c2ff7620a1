//! Effects outside of the screen: a bell, a notification, a page in the browser.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// How a terminal accepts notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// `OSC 9 ; text`.
    Osc9,
    /// `OSC 777 ; notify ; title ; text`.
    Osc777,
    /// Not at all: only the bell rings.
    Bell,
}

/// Rings the bell and sends notifications.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notifier {
    way: Way,
}

impl Notifier {
    /// Chooses the way by the environment. An unknown terminal is sent nothing that it might print.
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
                // A semicolon would end the title.
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

/// Opens an address in the desktop's browser, without a shell.
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
    // The child has to be waited for, and it may run for long.
    std::thread::spawn(move || child.wait().ok());
    Ok(())
}
