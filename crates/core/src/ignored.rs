//! An ignored person, recognized both by nick and by identity, so that neither another nick nor another connection
//! gets around it.

use serde::{Deserialize, Serialize};

use crate::{Author, Nick, NickKey, SessionId};

/// An ignored person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Nick, Option<Person>)", into = "(Nick, Option<Person>)")]
pub struct Ignored {
    nick: Nick,
    key: NickKey,
    /// `None` if nobody had that nick when it was ignored.
    person: Option<Person>,
}

/// The identity of a person under any nick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Person {
    /// The holder of a resume key, on any connection.
    ResumeKey(Author),
    /// A session without a resume key.
    Session(SessionId),
}

impl Ignored {
    pub(crate) fn new(nick: Nick, person: Option<Person>) -> Self {
        Self { key: nick.key(), nick, person }
    }

    /// The nick at the time when the person was ignored.
    #[must_use]
    pub fn nick(&self) -> &Nick {
        &self.nick
    }

    /// Whether this person did something: as this session, as this author, or under the nick with this key, where
    /// the last two are known.
    #[must_use]
    pub fn is(&self, session: SessionId, author: Option<Author>, key: Option<&NickKey>) -> bool {
        let is_person = match self.person {
            Some(Person::ResumeKey(ignored)) => author == Some(ignored),
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
