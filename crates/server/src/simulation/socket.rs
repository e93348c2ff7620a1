//! A socket that takes as many bytes as the history wants, breaks when it wants, and says when it is ready as the
//! system's notification does: on a change, if somebody waits for it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use crate::shard::Socket;

/// Both ends of one connection.
#[derive(Clone)]
pub(crate) struct VirtualSocket(Rc<RefCell<Pipe>>);

struct Pipe {
    /// What the peer has sent and the server has not read.
    sent: VecDeque<u8>,
    /// The peer has closed its side.
    is_closed: bool,
    is_broken: bool,
    /// How many bytes more the peer's side takes.
    room: usize,
    /// What the peer has received.
    received: Vec<u8>,
    task: Arc<Task>,
    /// Its task waits for these: otherwise nothing wakes it when they come.
    waits: Waits,
}

#[derive(Clone, Copy, Default)]
struct Waits {
    to_read: bool,
    to_write: bool,
}

/// Whether the task of a connection has been woken.
#[derive(Default)]
pub(crate) struct Task(AtomicBool);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    /// Whether it has been woken since this was asked.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl VirtualSocket {
    pub(crate) fn new(room: usize) -> Self {
        let task = Arc::new(Task(AtomicBool::new(true)));
        Self(Rc::new(RefCell::new(Pipe {
            sent: VecDeque::new(),
            is_closed: false,
            is_broken: false,
            room,
            received: Vec::new(),
            task,
            waits: Waits::default(),
        })))
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0.borrow().task))
    }

    /// Whether its task has been woken since this was asked.
    pub(crate) fn take_woken(&self) -> bool {
        self.0.borrow().task.take()
    }

    /// Its task waits, for one of these or to be woken.
    pub(crate) fn wait(&self, to_read: bool, to_write: bool) {
        self.0.borrow_mut().waits = Waits { to_read, to_write };
    }

    fn notify(&self, is_it: impl Fn(Waits) -> bool) {
        let mut pipe = self.0.borrow_mut();
        if is_it(pipe.waits) {
            pipe.waits = Waits::default();
            pipe.task.0.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_readable(&self) -> bool {
        let pipe = self.0.borrow();
        pipe.is_broken || pipe.is_closed || !pipe.sent.is_empty()
    }

    /// Whether something that the peer has sent waits.
    pub(crate) fn is_unread(&self) -> bool {
        !self.0.borrow().sent.is_empty()
    }

    pub(crate) fn is_writable(&self) -> bool {
        let pipe = self.0.borrow();
        pipe.is_broken || pipe.room > 0
    }

    /// The peer sends.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.0.borrow_mut().sent.extend(bytes);
        self.notify(|waits| waits.to_read);
    }

    /// The peer says no more.
    pub(crate) fn close(&self) {
        self.0.borrow_mut().is_closed = true;
        self.notify(|waits| waits.to_read);
    }

    /// Neither side reaches the other any more.
    pub(crate) fn break_off(&self) {
        self.0.borrow_mut().is_broken = true;
        self.notify(|waits| waits.to_read || waits.to_write);
    }

    /// The peer's side takes so many bytes more from here on.
    pub(crate) fn set_room(&self, room: usize) {
        self.0.borrow_mut().room = room;
        self.notify(|waits| waits.to_write && room > 0);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.0.borrow().is_broken
    }

    /// Bytes that were fetched for the peer: it takes all of them, and less after that.
    pub(crate) fn deliver(&self, bytes: &[u8]) {
        let mut pipe = self.0.borrow_mut();
        pipe.room = pipe.room.saturating_sub(bytes.len());
        pipe.received.extend_from_slice(bytes);
    }

    /// What the peer has received since this was asked.
    pub(crate) fn take_received(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().received)
    }
}

impl Pipe {
    /// As many of these bytes as there is room for.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= count;
        self.received.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}

impl Socket for VirtualSocket {
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        if pipe.is_broken {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if pipe.sent.is_empty() && !pipe.is_closed {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = pipe.sent.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(pipe.sent.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        if pipe.is_broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        pipe.take(bytes)
    }

    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        if pipe.is_broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        pipe.take(&bytes)
    }
}
