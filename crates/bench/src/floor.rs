//! The floor: the cost of the kernel's sockets without any chat. One thread, one poll; everything read in a round goes
//! to every other member, in one write each, or in one write per message.

use std::io::{ErrorKind, Read, Write};

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(usize::MAX);

/// How often the floor writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Writes {
    /// Once a round to each member.
    PerRound,
    /// Once a message to each member.
    PerMessage,
}

struct Member {
    stream: TcpStream,
    unsent: Vec<u8>,
}

/// Serves for ever; prints its port.
pub(crate) fn serve(writes: Writes) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = crate::server::listen()?;
    crate::server::announce(listener.local_addr()?.port())?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut members: Vec<Member> = Vec::new();
    let mut events = Events::with_capacity(4096);
    let mut buffer = vec![0; 64 * 1024];
    // What was received in a round, and its authors as (end, member).
    let mut received = Vec::new();
    let mut authors: Vec<(usize, usize)> = Vec::new();
    loop {
        if let Err(error) = poll.poll(&mut events, None)
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut members)?;
                continue;
            }
            let index = event.token().0;
            if event.is_writable() && !members[index].unsent.is_empty() {
                let unsent = std::mem::take(&mut members[index].unsent);
                send(&mut members[index], &unsent);
            }
            while let Ok(count @ 1..) = members[index].stream.read(&mut buffer) {
                received.extend_from_slice(&buffer[..count]);
                authors.push((received.len(), index));
                if count < buffer.len() {
                    break;
                }
            }
        }
        if received.is_empty() {
            continue;
        }
        match writes {
            Writes::PerRound => broadcast(&mut members, &received, &authors),
            Writes::PerMessage => {
                let mut start = 0;
                for (end, author) in &authors {
                    for line in received[start..*end].split_inclusive(|byte| *byte == b'\n') {
                        broadcast(&mut members, line, &[(line.len(), *author)]);
                    }
                    start = *end;
                }
            }
        }
        received.clear();
        authors.clear();
    }
}

fn accept(listener: &TcpListener, poll: &Poll, members: &mut Vec<Member>) -> Result<()> {
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nodelay(true)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(members.len()), interest)?;
        members.push(Member { stream, unsent: Vec::new() });
    }
    Ok(())
}

/// Sends the same bytes to every member, to the authors without their own.
fn broadcast(members: &mut [Member], received: &[u8], authors: &[(usize, usize)]) {
    for (index, member) in members.iter_mut().enumerate() {
        if !authors.iter().any(|(_, author)| *author == index) {
            send(member, received);
            continue;
        }
        let mut others = Vec::new();
        let mut start = 0;
        for (end, author) in authors {
            if *author != index {
                others.extend_from_slice(&received[start..*end]);
            }
            start = *end;
        }
        if !others.is_empty() {
            send(member, &others);
        }
    }
}

fn send(member: &mut Member, bytes: &[u8]) {
    if !member.unsent.is_empty() {
        member.unsent.extend_from_slice(bytes);
        return;
    }
    // A broken connection takes nothing more; the floor does not remove it.
    let sent = match member.stream.write(bytes) {
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        Err(_) => bytes.len(),
    };
    member.unsent.extend_from_slice(&bytes[sent..]);
}
