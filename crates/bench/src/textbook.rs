//! The textbook server that every introduction to asynchronous Rust builds: a task for each connection, and a broadcast
//! channel between them.

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;

/// Messages that a slow member may be behind before it misses some.
const BEHIND_MAX: usize = 4096;

/// Serves for ever; prints its port.
pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener: std::net::TcpListener = crate::server::listen_std()?;
        crate::server::announce(listener.local_addr()?.port())?;
        let listener = TcpListener::from_std(listener)?;
        let (room, _) = broadcast::channel::<(usize, String)>(BEHIND_MAX);
        for member in 0.. {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (room, messages) = (room.clone(), room.subscribe());
            tokio::spawn(async move {
                // The connection is closed; the error has no reader.
                talk(member, stream, room, messages).await.ok();
            });
        }
        Ok(())
    })
}

async fn talk(
    member: usize,
    stream: TcpStream,
    room: broadcast::Sender<(usize, String)>,
    mut messages: broadcast::Receiver<(usize, String)>,
) -> Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(line) => {
                    room.send((member, line + "\n")).ok();
                }
                None => return Ok(()),
            },
            message = messages.recv() => match message {
                Ok((sender, line)) if sender != member => writing.write_all(line.as_bytes()).await?,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}
