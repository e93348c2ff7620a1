//! Somebody who is ignored, and by what they are known again: what they are called, and who they are, so that
//! neither another nick nor another connection helps them.

use serde::{Deserialize, Serialize};

use crate::{Author, Nick, NickKey, SessionId};

/// Somebody ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Nick, Option<Person>)", into = "(Nick, Option<Person>)")]
pub struct Ignored {
    nick: Nick,
    key: NickKey,
    /// Nobody in particular where nobody had that nick.
    person: Option<Person>,
}

/// Who somebody is whatever they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Person {
    /// Whoever has the key of that seat, on any connection.
    ResumeState(Author),
    /// Somebody without a seat, on this one connection.
    Session(SessionId),
}

impl Ignored {
    pub(crate) fn new(nick: Nick, person: Option<Person>) -> Self {
        Self { key: nick.key(), nick, person }
    }

    /// What they were called when they were ignored.
    #[must_use]
    pub fn nick(&self) -> &Nick {
        &self.nick
    }

    /// Whether that is who did something: on this connection, as this author, and under the nick of this key
    /// where it is known.
    #[must_use]
    pub fn is(&self, session: SessionId, author: Option<Author>, key: Option<&NickKey>) -> bool {
        let is_person = match self.person {
            Some(Person::ResumeState(resume_key)) => author == Some(resume_key),
            Some(Person::Session(ignored)) => ignored == session,
            None => false,
        };
        is_person || key == Some(&self.key)
    }
}

impl From<(Nick, Option<Person>)> for Ignored {
    fn from((nick, person): (Nick, Option<Person>)) -> Self {
        Self::new(nick, person)
    }
}

impl From<Ignored> for (Nick, Option<Person>) {
    fn from(Ignored { nick, person, .. }: Ignored) -> Self {
        (nick, person)
    }
}
