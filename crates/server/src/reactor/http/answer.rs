//! What each endpoint does, and its answer.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use teahouse_core::harmless::echoed;
use teahouse_core::{
    Action, Answer, Excerpt, MessageId, Nick, Position, Query, Question, ReadGrant, RoomName,
    Sequence, Text, Visit,
};
use teahouse_wire::ProtocolSession;
use teahouse_wire::api::http::{
    self, Endpoint, EventsQuery, Found, MessagesQuery, Post, PostQuery, Posted, RoomsQuery,
    SearchQuery,
};
use teahouse_wire::api::{self, Code, Cursor, Failure, ValueError};
use teahouse_wire::line::LineFollower;
use teahouse_wire::stream::{self, StreamSession};

use super::follow::FollowBody;
use super::response::{self, NotDone, TEXT, json, response, text};
use super::{Peer, Reply, upgrade, visit};
use crate::gate::Cost;
use crate::shard::{Outcome, VisitRequest};

impl Peer {
    pub(super) async fn serve(
        self: &Rc<Self>,
        endpoint: Endpoint,
        room: Option<RoomName>,
        request: Request<Incoming>,
    ) -> Response<Reply> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let result = match (endpoint, room) {
            (Endpoint::Health, _) => self.health(),
            (Endpoint::OpenApi, _) => {
                let description = api::openapi(env!("CARGO_PKG_VERSION"));
                Ok(json(StatusCode::OK, &description))
            }
            (Endpoint::Socket, _) => Ok(self.accept_websocket(request)),
            (Endpoint::Usage, _) => Ok(text(&self.usage())),
            (Endpoint::Rooms, _) => self.rooms(&query).await,
            (Endpoint::Search, _) => self.search(&query).await,
            (Endpoint::Messages, Some(room)) => self.messages(room, &query).await,
            (Endpoint::Post, Some(room)) => self.post(room, &query, request).await,
            (Endpoint::PostText | Endpoint::PutText, Some(room)) => {
                self.post_text(room, &query, request).await
            }
            (Endpoint::Events, Some(room)) => self.events(room, &query, &request).await,
            (Endpoint::FollowText, Some(room)) => self.follow_text(room, &query).await,
            // The route table has `{room}` in the path of each of these.
            (
                Endpoint::Messages
                | Endpoint::Post
                | Endpoint::PostText
                | Endpoint::PutText
                | Endpoint::Events
                | Endpoint::FollowText,
                None,
            ) => Err(http::bad_request(Some("room".to_owned()), "missing".to_owned()).into()),
        };
        result.unwrap_or_else(|not_done| response::not_done(&not_done))
    }

    async fn visit(&self, request: VisitRequest) -> Result<Outcome, NotDone> {
        let is_change = matches!(request, VisitRequest::Action(_));
        match visit::visit(&self.reactor, self.origin, &self.permit, request).await {
            visit::Outcome::Done(Outcome::Answer(Answer::Refused(refusal))) => {
                Err(NotDone::refused(&refusal))
            }
            visit::Outcome::Done(Outcome::Unreadable) => Err(api::unreadable().into()),
            visit::Outcome::Done(done @ (Outcome::Answer(_) | Outcome::Page(..))) => Ok(done),
            visit::Outcome::NotTaken(why) => {
                Err(api::unavailable(&format!("{why}; try again later")).into())
            }
            visit::Outcome::Late(why) if is_change => Err(api::unavailable(&format!(
                "{why}: it is not known yet whether this is kept; send it again with the same id"
            ))
            .into()),
            visit::Outcome::Late(why) => {
                Err(api::unavailable(&format!("{why}; try again later")).into())
            }
        }
    }

    /// Answers a handshake. The connection is a WebSocket once the answer is written.
    fn accept_websocket(&self, request: Request<Incoming>) -> Response<Reply> {
        match upgrade::accept_websocket(request) {
            Ok((response, accepted)) => {
                self.accepted.set(Some(accepted));
                response
            }
            Err(refusal) => *refusal,
        }
    }

    /// Reports whether messages are accepted and stored.
    fn health(&self) -> Result<Response<Reply>, NotDone> {
        let reactor = self.reactor.borrow();
        let context = reactor.shard.context();
        let why = context.unavailable().map(|why| why.to_string());
        let why = why.or_else(|| context.space_lacking());
        why.map_or_else(|| Ok(text("ok\n")), |why| Err(api::unavailable(&why).into()))
    }

    /// Reads from history; returns the permission and the events.
    async fn read(&self, question: Question) -> Result<(ReadGrant, Excerpt), NotDone> {
        match self.visit(VisitRequest::Query(Query::Read { question })).await? {
            Outcome::Page(granted, excerpt) => Ok((granted, excerpt)),
            Outcome::Answer(_) | Outcome::Unreadable => Err(api::unreadable().into()),
        }
    }

    async fn rooms(&self, query: &str) -> Result<Response<Reply>, NotDone> {
        let RoomsQuery { page } = http::query(query)?;
        let Outcome::Answer(Answer::Rooms { rooms, total, page, pages }) =
            self.visit(VisitRequest::Query(Query::Rooms { page })).await?
        else {
            return Err(api::unreadable().into());
        };
        Ok(json(StatusCode::OK, &api::rooms(rooms, total, page, pages)))
    }

    async fn search(&self, query: &str) -> Result<Response<Reply>, NotDone> {
        let SearchQuery { words, room, before, limit } = http::query(query)?;
        let count = api::search_count(limit).map_err(in_field("limit"))?;
        let words = api::validate_search(words).map_err(in_field("words"))?;
        let before = before.map(Sequence);
        let question = Question::Search { words: words.clone(), room, before, count };
        let (granted, excerpt) = self.read(question).await?;
        let events = api::render_found(&granted, &excerpt.events, self.epoch());
        let more = excerpt.more.map(|more| more.0);
        Ok(json(StatusCode::OK, &Found { words, events, more }))
    }

    async fn messages(&self, room: RoomName, query: &str) -> Result<Response<Reply>, NotDone> {
        let query: MessagesQuery = http::query(query)?;
        let count = api::history_count(query.limit).map_err(in_field("limit"))?;
        let question = api::question(room, query.part(), count).map_err(in_field("before"))?;
        let (granted, excerpt) = self.read(question).await?;
        let page = api::history(&granted, &excerpt, self.epoch()).ok_or_else(api::unreadable)?;
        Ok(json(StatusCode::OK, &page))
    }

    fn epoch(&self) -> api::Epoch {
        self.reactor.borrow().shard.context().server.epoch
    }

    async fn post(
        &self,
        room: RoomName,
        query: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Reply>, NotDone> {
        http::no_query(query, "its fields stand in the JSON of the body")?;
        let Post { text, nick, id } = http::body(&self.body_of(request).await?)?;
        let posted = self.post_message(room, text, nick, id.map(Into::into)).await?;
        let is_new = posted.nick.is_some();
        Ok(json(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &posted))
    }

    async fn post_text(
        &self,
        room: RoomName,
        query: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Reply>, NotDone> {
        let PostQuery { nick } = http::query(query)?;
        let words = http::text_body(&self.body_of(request).await?)?;
        let Posted { room, position, nick, .. } =
            self.post_message(room, words, nick, None).await?;
        let name = nick.map(|nick| nick.to_string()).unwrap_or_default();
        Ok(text(&format!("said in {room} as {name}, message {position}\n")))
    }

    async fn post_message(
        &self,
        room: RoomName,
        text: Text,
        nick: Option<Nick>,
        id: Option<MessageId>,
    ) -> Result<Posted, NotDone> {
        self.charge(Cost::of_post(&text))?;
        let visit = Visit::Post { nick, room: room.clone(), text, id };
        let refusal =
            self.reactor.borrow().shard.context().no_space(&Action::Visit(visit.clone()).into());
        if let Some(refusal) = refusal {
            self.reactor.borrow_mut().shard.count_refusal(&refusal);
            return Err(NotDone::refused(&refusal));
        }
        let epoch = self.epoch();
        match self.visit(VisitRequest::Action(visit)).await? {
            Outcome::Answer(Answer::Posted { position, nick, .. }) => {
                Ok(Posted { room, epoch, position: position.0, nick: Some(nick) })
            }
            Outcome::Answer(Answer::Duplicate { position, .. }) => {
                Ok(Posted { room, epoch, position: position.0, nick: None })
            }
            Outcome::Answer(_) | Outcome::Page(..) | Outcome::Unreadable => {
                Err(api::unreadable().into())
            }
        }
    }

    async fn events(
        &self,
        room: RoomName,
        query: &str,
        request: &Request<Incoming>,
    ) -> Result<Response<Reply>, NotDone> {
        let EventsQuery { after, create } = http::query(query)?;
        if create {
            // A web page may make its browser follow a room, which the page cannot read, but may not create one.
            self.check_origin(request)?;
        }
        let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
        let after = match header.or(after.as_deref()).filter(|id| !id.is_empty()) {
            None => None,
            Some(id) => Some(stream::parse_id(id).ok_or_else(|| {
                let what =
                    format!("{:?} is no id of an event here: EPOCH-POSITION-TIME", echoed(id));
                http::bad_request(Some("after".to_owned()), what)
            })?),
        };
        self.follow((room, create), true, after).await
    }

    async fn follow_text(&self, room: RoomName, query: &str) -> Result<Response<Reply>, NotDone> {
        http::no_query(query, "it follows the room from now on")?;
        self.follow((room, false), false, None).await
    }

    async fn follow(
        &self,
        (room, create): (RoomName, bool),
        is_stream: bool,
        after: Option<Cursor>,
    ) -> Result<Response<Reply>, NotDone> {
        let time = after.and_then(|cursor| cursor.time());
        // Finds out whether the room exists, before the answer begins, and which event is at the cursor.
        let question = match (after, time) {
            (Some(Cursor { position, .. }), Some(_)) => {
                let position = Position(position.saturating_sub(1));
                Question::Later { room: room.clone(), position, count: 1 }
            }
            (None, _) | (_, None) => Question::Latest { room: room.clone(), count: 1 },
        };
        let found = match self.read(question).await {
            Ok((_, found)) => found.events,
            Err(why) if create && why.failure.code == Code::NoSuchRoom => Vec::new(),
            Err(why) => return Err(why),
        };
        let read = found.first().map(|event| (event.position, event.time));
        let after = after.map(|Cursor { epoch, position, .. }| {
            // The event may be gone. Then the next one must not be older.
            let is_it = |time| match read {
                Some((found, at)) if found == Position(position) => at == time,
                Some((_, at)) => at >= time,
                None => true,
            };
            let is_there = time.is_none_or(is_it);
            // A cursor into another history is not valid in this one: the `begin` event says so.
            let foreign = Position(u64::MAX);
            if epoch == self.epoch() && is_there { Position(position) } else { foreign }
        });
        let follower: Box<dyn ProtocolSession> = if is_stream {
            Box::new(StreamSession { after, last: read.filter(|_| time.is_none()) })
        } else {
            Box::new(LineFollower)
        };
        let permit = self.permit.borrow_mut().take();
        let (peer, socket) = ((self.origin, permit), Arc::clone(&self.socket));
        let body = FollowBody::open(&self.reactor, peer, socket, (room, create), follower);
        let kind = if is_stream { "text/event-stream" } else { TEXT };
        let mut response = response(StatusCode::OK, kind, Bytes::new());
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        // The slot has moved to the follower, so the connection cannot serve another request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        *response.body_mut() = Either::Right(body);
        Ok(response)
    }

    fn usage(&self) -> String {
        let reactor = self.reactor.borrow();
        let room = reactor.shard.context().server.first_room.as_str();
        format!(
            "This is a teahouse: people talk here.\n\n\
             curl -d \"hello\" HOST:PORT/{room}      says it\n\
             curl -N HOST:PORT/{room}              follows the room\n\
             teahouse join HOST:PORT              joins with our own client\n\
             nc HOST PORT                         joins with anything\n\n\
             The api is described at /api/v1/openapi.json\n"
        )
    }
}

fn in_field(field: &'static str) -> impl Fn(ValueError) -> Failure {
    move |what| http::bad_request(Some(field.to_owned()), format!("`{field}`: {what}"))
}
