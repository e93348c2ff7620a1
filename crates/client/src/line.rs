//! Plain lines, as the first chat clients spoke them: what you type goes to the server line by line, what
//! arrives is printed. It speaks to any line server.
//!
//! What arrives passes through [`Lines`], so that no server can act on the terminal.
//!
//! Waiting on the keyboard and the socket at once takes two threads and no `select` on the keyboard, so
//! it works where `select` takes sockets only.

mod lines;

use std::io::{BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use teahouse_wire::io_text::without_os_code;

use crate::error::ClientError;

pub(crate) use lines::{Lines, UNENDED};

/// How long to try each address of the server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes printed at once.
const READ_BYTES: usize = 16 * 1024;

/// Talks until the input ends and the server has said its last, or the server goes away.
///
/// # Errors
/// When the server cannot be reached, or disconnects while the input goes on.
pub fn join(
    server: &str,
    input: impl BufRead + Send + 'static,
    output: impl Write,
) -> Result<(), ClientError> {
    let stream = connect(server)?;
    let writer = stream.try_clone().map_err(|error| unreachable(server, &error))?;
    let has_said_all = Arc::new(AtomicBool::new(false));
    let said_all = Arc::clone(&has_said_all);
    thread::spawn(move || type_lines(input, &writer, &said_all));
    print_arriving(stream, output)?;
    if has_said_all.load(Ordering::SeqCst) { Ok(()) } else { Err(ClientError::Disconnected) }
}

fn unreachable(server: &str, error: &std::io::Error) -> ClientError {
    ClientError::Unreachable { server: server.to_owned(), what: without_os_code(error) }
}

fn connect(server: &str) -> Result<TcpStream, ClientError> {
    let addresses = server.to_socket_addrs().map_err(|error| unreachable(server, &error))?;
    let mut last = std::io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(unreachable(server, &last))
}

/// Sends what is typed; at the end of the input, says so and leaves the other direction open.
fn type_lines(mut input: impl BufRead, mut server: &TcpStream, said_all: &AtomicBool) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            // The reading side hears of a broken connection and reports it.
            Ok(_) if server.write_all(&line).is_err() => return,
            Ok(_) => {}
        }
    }
    // Before the server can know and close: from here on its end is the end and no accident.
    said_all.store(true, Ordering::SeqCst);
    server.shutdown(Shutdown::Write).ok();
}

fn print_arriving(mut server: TcpStream, mut output: impl Write) -> Result<(), ClientError> {
    let mut buffer = [0; READ_BYTES];
    let mut lines = Lines::default();
    loop {
        let patience = lines.has_unended().then_some(UNENDED);
        server.set_read_timeout(patience).map_err(|_| ClientError::Disconnected)?;
        let printed = match server.read(&mut buffer) {
            Ok(0) => return print(&mut output, lines.take_unended().as_deref()),
            Ok(count) => {
                Some(lines.take_in(&buffer[..count]).into_iter().map(|line| line + "\n").collect())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => None,
            // Of a read that took too long (one on Unix, the other on Windows).
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                lines.take_unended()
            }
            Err(_) => return Err(ClientError::Disconnected),
        };
        print(&mut output, printed.as_deref())?;
    }
}

fn print(output: &mut impl Write, what: Option<&str>) -> Result<(), ClientError> {
    let bytes = what.unwrap_or_default().as_bytes();
    output.write_all(bytes).and_then(|()| output.flush()).map_err(ClientError::Output)
}
