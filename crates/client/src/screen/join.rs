//! Joins a server with the full-screen interface: reads the environment, and chooses the [`super::Peer`] for the
//! protocol of the address.

use std::io::Write;

use jiff::tz::TimeZone;
use teahouse_core::RoomName;

use super::model::{Server, Setup};
use super::peer::api::ApiServer;
use super::peer::line::LineServer;
use super::terminal::run;
use super::view::theme::Palette;
use crate::error::ClientError;
use crate::link::{Config, Link, Protocol};
use crate::runtime::block_on;

/// Runs the interface until the user leaves, in these colours or in those that suit the terminal. Standard input and
/// output have to be a terminal.
///
/// # Errors
/// When the terminal cannot be used; when the server was not reached or ended the connection for good; when a message
/// was neither stored by the server nor saved here.
pub fn join(config: Config, wanted: Option<Palette>) -> Result<(), ClientError> {
    if wanted.is_some() {
        // Colours that the user asked for win over NO_COLOR, which the library would follow.
        crossterm::style::force_color_output(true);
    }
    let palette = wanted.unwrap_or_else(|| Palette::detect(|name| std::env::var(name).ok()));
    match config.server.protocol {
        Protocol::Line => {
            let address = config.server.authority();
            let setup = setup(Server::Line(address.clone()), Vec::new());
            block_on(async { run(&mut LineServer::new(&address), setup, palette).await })
        }
        Protocol::Api => block_on(async {
            let wanted = config.rooms.clone();
            let link = Link::open(config);
            let mut setup = setup(Server::Api, rooms(&link, wanted));
            setup.sent = link.history().to_vec();
            let drafts = link.drafts().iter();
            setup.drafts = drafts.map(|(room, text)| (room.clone(), text.clone())).collect();
            setup.own = link.own().collect();
            let mut api = ApiServer::new(link);
            run(&mut api, setup, palette).await?;
            if let Some(notice) = api.unsent_notice() {
                // Standard error may be closed; then there is nobody to inform.
                writeln!(std::io::stderr(), "{notice}").ok();
            }
            Ok(())
        }),
    }
}

fn setup(server: Server, rooms: Vec<RoomName>) -> Setup {
    Setup {
        server,
        rooms,
        zone: TimeZone::system(),
        // On Windows the terminal library does not report pastes.
        has_bursts: cfg!(windows),
        sent: Vec::new(),
        drafts: Vec::new(),
        own: Vec::new(),
    }
}

/// The rooms of the command line first, then those of the last run.
fn rooms(link: &Link, wanted: Vec<RoomName>) -> Vec<RoomName> {
    let mut rooms = wanted;
    for room in link.rooms() {
        if !rooms.contains(room) {
            rooms.push(room.clone());
        }
    }
    rooms
}
