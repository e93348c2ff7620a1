//! The floor: what the kernel's sockets cost with no chat at all. One thread, one poll; everything read in
//! a round goes to every other member, in one write each, or in one write per message.

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

/// Serves for ever; the port is printed.
pub(crate) fn serve(writes: Writes) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = crate::server::listen()?;
    crate::server::announce(listener.local_addr()?.port())?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut members: Vec<Member> = Vec::new();
    let mut events = Events::with_capacity(4096);
    let mut buffer = vec![0; 64 * 1024];
    // What was said in a round, and by whom: (end, member).
    let mut said = Vec::new();
    let mut speakers: Vec<(usize, usize)> = Vec::new();
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
                said.extend_from_slice(&buffer[..count]);
                speakers.push((said.len(), index));
                if count < buffer.len() {
                    break;
                }
            }
        }
        if said.is_empty() {
            continue;
        }
        match writes {
            Writes::PerRound => round(&mut members, &said, &speakers),
            Writes::PerMessage => {
                let mut start = 0;
                for (end, speaker) in &speakers {
                    for line in said[start..*end].split_inclusive(|byte| *byte == b'\n') {
                        round(&mut members, line, &[(line.len(), *speaker)]);
                    }
                    start = *end;
                }
            }
        }
        said.clear();
        speakers.clear();
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

/// The same bytes to everyone; to those who spoke, without their own.
fn round(members: &mut [Member], said: &[u8], speakers: &[(usize, usize)]) {
    for (index, member) in members.iter_mut().enumerate() {
        if !speakers.iter().any(|(_, speaker)| *speaker == index) {
            send(member, said);
            continue;
        }
        let mut others = Vec::new();
        let mut start = 0;
        for (end, speaker) in speakers {
            if *speaker != index {
                others.extend_from_slice(&said[start..*end]);
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
    // A broken connection takes nothing more; the floor does not tidy up.
    let sent = match member.stream.write(bytes) {
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        Err(_) => bytes.len(),
    };
    member.unsent.extend_from_slice(&bytes[sent..]);
}
