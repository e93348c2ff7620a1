//! A virtual socket. The simulation decides how many bytes it takes and when it breaks. It reports readiness as the
//! system does: on a change, if a task waits for it.

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
    /// The bytes that the peer has sent and the server has not read.
    sent: VecDeque<u8>,
    /// Whether the peer has closed its side.
    is_closed: bool,
    is_broken: bool,
    /// How many more bytes the peer's side takes.
    room: usize,
    /// The bytes that the peer has received.
    received: Vec<u8>,
    task: Arc<Task>,
    /// What its task waits for. Nothing else wakes the task.
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
    /// Whether it was woken since the last call.
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

    /// Whether its task was woken since the last call.
    pub(crate) fn take_woken(&self) -> bool {
        self.0.borrow().task.take()
    }

    /// Its task waits until the socket is ready for these, or until it is woken.
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

    /// Whether bytes of the peer are not read.
    pub(crate) fn is_unread(&self) -> bool {
        !self.0.borrow().sent.is_empty()
    }

    pub(crate) fn is_writable(&self) -> bool {
        let pipe = self.0.borrow();
        pipe.is_broken || pipe.room > 0
    }

    /// The peer sends bytes.
    pub(crate) fn send(&self, bytes: &[u8]) {
        self.0.borrow_mut().sent.extend(bytes);
        self.notify(|waits| waits.to_read);
    }

    /// The peer closes its side.
    pub(crate) fn close(&self) {
        self.0.borrow_mut().is_closed = true;
        self.notify(|waits| waits.to_read);
    }

    /// The connection breaks for both sides.
    pub(crate) fn break_off(&self) {
        self.0.borrow_mut().is_broken = true;
        self.notify(|waits| waits.to_read || waits.to_write);
    }

    /// Sets how many more bytes the peer's side takes.
    pub(crate) fn set_room(&self, room: usize) {
        self.0.borrow_mut().room = room;
        self.notify(|waits| waits.to_write && room > 0);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.0.borrow().is_broken
    }

    /// Delivers fetched bytes to the peer. It takes all of them, and accordingly less afterwards.
    pub(crate) fn deliver(&self, bytes: &[u8]) {
        let mut pipe = self.0.borrow_mut();
        pipe.room = pipe.room.saturating_sub(bytes.len());
        pipe.received.extend_from_slice(bytes);
    }

    /// The bytes that the peer has received since the last call.
    pub(crate) fn take_received(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.borrow_mut().received)
    }
}

impl Pipe {
    /// Takes as many of these bytes as there is room for.
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
