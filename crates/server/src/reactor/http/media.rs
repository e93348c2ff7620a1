//! The bodies that are accepted: plain, or compressed with gzip or deflate, within the same bound.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use teahouse_wire::api::{Code, Failure, REQUEST_BYTES_MAX, http};

/// How a body is compressed (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// Not compressed.
    Identity,
    /// gzip.
    Gzip,
    /// zlib.
    Deflate,
}

/// The codings that are accepted, for the header `Accept-Encoding` of an answer (RFC 9110, section 12.5.3).
pub(super) const CODINGS: &str = "gzip, deflate, identity";

impl Coding {
    /// The coding that `Content-Encoding` names, for a body whose kind is `kind`, the value of `Content-Type`.
    ///
    /// # Errors
    /// When that coding or that kind is not accepted.
    pub(super) fn of(encoding: &str, kind: Option<&str>) -> Result<Self, Failure> {
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if kind.get(..10).is_some_and(|begin| begin.eq_ignore_ascii_case("multipart/")) {
            return Err(wrong_media(format!(
                "a body of {kind:?} is not taken; send the words themselves, as with curl --data-binary @FILE"
            )));
        }
        match encoding.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            other => Err(wrong_media(format!(
                "a body with the coding {other:?} is not taken; {CODINGS} are"
            ))),
        }
    }

    /// The decoded body, at most [`REQUEST_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// When the body does not have this coding, or is larger.
    pub(super) fn decode(self, body: &[u8]) -> Result<Cow<'_, [u8]>, Failure> {
        match self {
            Self::Identity => Ok(Cow::Borrowed(body)),
            Self::Gzip => unpack(GzDecoder::new(body)),
            Self::Deflate => unpack(ZlibDecoder::new(body)),
        }
    }
}

fn unpack<'a>(packed: impl Read) -> Result<Cow<'a, [u8]>, Failure> {
    let mut body = Vec::new();
    let bound = REQUEST_BYTES_MAX as u64 + 1;
    packed.take(bound).read_to_end(&mut body).map_err(|error| {
        http::bad_request(None, format!("the body is not what its coding says: {error}"))
    })?;
    if body.len() > REQUEST_BYTES_MAX {
        let message = format!("the body unpacks to more than {REQUEST_BYTES_MAX} bytes, the limit");
        return Err(Failure { code: Code::TooBig, message, field: None, id: None });
    }
    Ok(Cow::Owned(body))
}

fn wrong_media(message: String) -> Failure {
    Failure { code: Code::WrongMedia, message, field: None, id: None }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn code(result: Result<Cow<'_, [u8]>, Failure>) -> Code {
        result.unwrap_err().code
    }

    #[test]
    fn a_body_is_unpacked_within_its_bound() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all("你好".as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(*Coding::Gzip.decode(&gzip).unwrap(), *"你好".as_bytes());
        assert_eq!(code(Coding::Gzip.decode(&gzip[..9])), Code::BadRequest);
        assert_eq!(code(Coding::Gzip.decode(b"hello")), Code::BadRequest);
        let mut bomb = ZlibEncoder::new(Vec::new(), Compression::best());
        bomb.write_all(&vec![b'x'; 50 * REQUEST_BYTES_MAX]).unwrap();
        assert_eq!(code(Coding::Deflate.decode(&bomb.finish().unwrap())), Code::TooBig);
        assert_eq!(*Coding::Identity.decode(b"as it is").unwrap(), *b"as it is");
    }

    #[test]
    fn a_kind_that_is_not_taken_is_refused_by_name() {
        assert_eq!(Coding::of("", Some("application/x-www-form-urlencoded")), Ok(Coding::Identity));
        assert_eq!(Coding::of("GZIP", Some("text/plain; charset=utf-8")), Ok(Coding::Gzip));
        let wrong = Coding::of("zstd", None).unwrap_err();
        assert_eq!(wrong.code, Code::WrongMedia);
        assert!(wrong.message.contains("\"zstd\"") && wrong.message.contains("gzip"), "{wrong:?}");
        let wrong = Coding::of("", Some("Multipart/form-data; boundary=x")).unwrap_err();
        assert_eq!(wrong.code, Code::WrongMedia);
    }
}
