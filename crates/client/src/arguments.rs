//! Reads the values on a command line. Every invalid value is a [`ClientError::Usage`] or [`ClientError::Address`],
//! with exit code 2.

use std::net::Ipv6Addr;

use teahouse_core::{NameError, Nick, RoomName};

use crate::error::ClientError;
use crate::link::Server;

/// The environment variable with the server to use if the command line names none.
pub const SERVER_VARIABLE: &str = "TEAHOUSE_SERVER";
/// The server to use if neither the command line nor the environment names one.
pub const SERVER_DEFAULT: &str = "localhost";

/// Reads the server: the given one, or that of the environment (the value of [`SERVER_VARIABLE`]), or this machine.
///
/// # Errors
/// When the address is not valid.
pub fn server(given: Option<&str>, environment: Option<&str>) -> Result<Server, ClientError> {
    let environment = environment.filter(|address| !address.trim().is_empty());
    Ok(Server::parse(given.or(environment).unwrap_or(SERVER_DEFAULT))?)
}

/// Reads the server with an optional separate port, as in `join HOST PORT`.
///
/// # Errors
/// When the address or the port is not valid, or when the address is a URL or has a port already.
pub fn server_and_port(
    given: Option<&str>,
    port: Option<u16>,
    environment: Option<&str>,
) -> Result<Server, ClientError> {
    let mut server = server(given, environment)?;
    let Some(port) = port else { return Ok(server) };
    let address = given.unwrap_or_default();
    let is_bare = !address.contains("://")
        && (address.parse::<Ipv6Addr>().is_ok()
            || address.ends_with(']')
            || !address.contains(':'));
    if port == 0 || !is_bare {
        let what = format!("{address} {port} is no server: give a host and one port, 1 to 65535");
        return Err(ClientError::Usage { what });
    }
    server.port = port;
    Ok(server)
}

/// Reads a nick.
///
/// # Errors
/// When it is not a valid nick.
pub fn nick(given: Option<&str>) -> Result<Option<Nick>, ClientError> {
    given
        .map(|typed| Nick::parse(typed).map_err(|error| invalid_name("nick", typed, &error)))
        .transpose()
}

/// Reads the name of a room.
///
/// # Errors
/// When it is not a valid name.
pub fn room(given: &str) -> Result<RoomName, ClientError> {
    RoomName::parse(given).map_err(|error| invalid_name("room", given, &error))
}

fn invalid_name(what: &str, typed: &str, error: &NameError) -> ClientError {
    ClientError::Usage { what: format!("{typed:?} is no name of a {what}: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    fn read(given: Option<&str>, port: Option<u16>, environment: Option<&str>) -> String {
        match server_and_port(given, port, environment) {
            Ok(server) => server.to_string(),
            Err(error) => {
                assert_eq!(error.exit(), Exit::Usage);
                error.to_string()
            }
        }
    }

    #[test]
    fn the_server_is_the_given_one_or_that_of_the_environment_or_this_machine() {
        assert_eq!(read(None, None, None), "localhost:5000");
        assert_eq!(read(None, None, Some(" ")), "localhost:5000");
        assert_eq!(read(None, None, Some("tea:6000")), "tea:6000");
        assert_eq!(read(Some("tcp://go"), None, Some("tea:6000")), "tcp://go:5000");
        assert_eq!(read(Some("tea"), Some(6000), None), "tea:6000");
        assert_eq!(read(Some("::1"), Some(6000), None), "[::1]:6000");
        assert_eq!(read(Some("[::1]"), Some(6000), None), "[::1]:6000");
        let twice = "tea:7 6000 is no server: give a host and one port, 1 to 65535";
        assert_eq!(read(Some("tea:7"), Some(6000), None), twice);
    }

    #[test]
    fn an_invalid_name_is_a_usage_error() {
        let error = room("a b").unwrap_err();
        assert_eq!(error.to_string(), "\"a b\" is no name of a room: a space cannot be in a name");
        assert_eq!(nick(Some("")).unwrap_err().exit(), Exit::Usage);
        assert_eq!(nick(None).unwrap(), None);
    }
}
