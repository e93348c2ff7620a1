//! A client for any server of plain lines: it sends the typed lines and prints the received ones.
//!
//! `Lines` makes the received bytes safe to print, so that no server can control the terminal.
//!
//! One thread reads the keyboard and one the socket. So this works also on systems where `select` accepts only
//! sockets.

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

/// The timeout for each address of the server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes per read.
const READ_BYTES: usize = 16 * 1024;

/// Talks until the input has ended and the server closes the connection.
///
/// # Errors
/// When the server cannot be reached, or closes the connection before the input has ended.
pub fn join(
    server: &str,
    input: impl BufRead + Send + 'static,
    output: impl Write,
) -> Result<(), ClientError> {
    let stream = connect(server)?;
    let writer = stream.try_clone().map_err(|error| unreachable(server, &error))?;
    let has_sent_all = Arc::new(AtomicBool::new(false));
    let sent_all = Arc::clone(&has_sent_all);
    thread::spawn(move || send_lines(input, &writer, &sent_all));
    print_received(stream, output)?;
    if has_sent_all.load(Ordering::SeqCst) { Ok(()) } else { Err(ClientError::Disconnected) }
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

/// Sends the typed lines. At the end of the input it closes only the sending direction.
fn send_lines(mut input: impl BufRead, mut server: &TcpStream, sent_all: &AtomicBool) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            // The thread that reads from the socket reports the broken connection.
            Ok(_) if server.write_all(&line).is_err() => return,
            Ok(_) => {}
        }
    }
    // Set before the server can notice: when the server closes after this, it is no error.
    sent_all.store(true, Ordering::SeqCst);
    server.shutdown(Shutdown::Write).ok();
}

fn print_received(mut server: TcpStream, mut output: impl Write) -> Result<(), ClientError> {
    let mut buffer = [0; READ_BYTES];
    let mut lines = Lines::default();
    loop {
        let read_timeout = lines.has_unended().then_some(UNENDED);
        server.set_read_timeout(read_timeout).map_err(|_| ClientError::Disconnected)?;
        let printed = match server.read(&mut buffer) {
            Ok(0) => return print(&mut output, lines.take_unended().as_deref()),
            Ok(count) => {
                Some(lines.take_in(&buffer[..count]).into_iter().map(|line| line + "\n").collect())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => None,
            // The read timed out (the first kind on Unix, the second on Windows).
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
