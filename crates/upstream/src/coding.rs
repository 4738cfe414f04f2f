//! Decompression of an answer as its bytes arrive. Names of content codings are case-insensitive, and `x-gzip` is
//! `gzip` (RFC 9110, section 8.4.1).

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::decode::repaired;
use crate::reading;

/// Collects the decompressed body of an answer, up to a limit.
pub(crate) enum Collector {
    Plain(Limited),
    Gzip(Box<MultiGzDecoder<Limited>>),
}

/// The reason why a body cannot be collected.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The body exceeds the limit after decompression. A small compressed body can become very large.
    TooLarge,
    /// The body is not in the coding that the answer names.
    Coding(io::Error),
}

/// Bytes up to a limit.
pub(crate) struct Limited {
    bytes: Vec<u8>,
    limit: u64,
    is_over: bool,
}

impl Collector {
    /// Creates the collector of an answer with these header fields. A body in any coding but gzip is not decoded: it is
    /// rejected later, because it is not JSON.
    pub(crate) fn new(headers: &HeaderMap, limit: u64) -> Self {
        let limited = Limited { bytes: Vec::new(), limit, is_over: false };
        let fields = headers.get_all(CONTENT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        let codings = fields.flat_map(|value| value.split(',')).map(str::trim);
        let codings: Vec<&str> =
            codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).collect();
        match codings[..] {
            [coding] if ["gzip", "x-gzip"].iter().any(|gzip| coding.eq_ignore_ascii_case(gzip)) => {
                Self::Gzip(Box::new(MultiGzDecoder::new(limited)))
            }
            _ => Self::Plain(limited),
        }
    }

    /// Adds a received piece of the body.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Broken> {
        match self {
            Self::Plain(limited) => limited.write_all(piece).map_err(|_| Broken::TooLarge),
            Self::Gzip(decoder) => decoder.write_all(piece).map_err(|error| decoder.get_ref().broken(error)),
        }
    }

    /// Returns the number of decompressed bytes so far.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Plain(limited) => limited.bytes.len(),
            Self::Gzip(decoder) => decoder.get_ref().bytes.len(),
        }
    }

    /// Returns the whole body as repaired text.
    pub(crate) fn finish(self) -> Result<Bytes, Broken> {
        let bytes = match self {
            Self::Plain(limited) => limited.bytes,
            Self::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => std::mem::take(&mut decoder.get_mut().bytes),
                Err(error) => return Err(decoder.get_ref().broken(error)),
            },
        };
        Ok(reading::read(bytes.len(), || repaired(bytes)))
    }
}

impl Limited {
    fn broken(&self, error: io::Error) -> Broken {
        if self.is_over { Broken::TooLarge } else { Broken::Coding(error) }
    }
}

impl Write for Limited {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + piece.len()) as u64 > self.limit {
            self.is_over = true;
            return Err(io::Error::other("the answer is too large"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn collect(coding: &str, limit: u64, body: &[u8]) -> Result<Bytes, Broken> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]);
        let mut collector = Collector::new(&headers, limit);
        for piece in body.chunks(3) {
            collector.push(piece)?;
        }
        collector.finish()
    }

    #[test]
    fn gzip_is_decoded_in_every_spelling() {
        for coding in ["gzip", "GZIP", "x-gzip", "X-GZip", "identity, gzip", " gzip "] {
            assert_eq!(collect(coding, 100, &packed(b"hello")).unwrap(), &b"hello"[..], "{coding}");
        }
        for coding in ["", "identity", "Identity"] {
            assert_eq!(collect(coding, 100, b"hello").unwrap(), &b"hello"[..], "{coding}");
        }
    }

    #[test]
    fn limit_holds_after_decompression() {
        assert!(matches!(collect("gzip", 1_000, &packed(&[b'a'; 1_001])), Err(Broken::TooLarge)));
        assert_eq!(collect("gzip", 1_000, &packed(&[b'a'; 1_000])).unwrap().len(), 1_000);
        assert!(matches!(collect("identity", 4, b"hello"), Err(Broken::TooLarge)));
    }

    #[test]
    fn broken_gzip_is_an_error() {
        let whole = packed(b"hello");
        assert!(matches!(collect("gzip", 100, b"{\"status\": 200}"), Err(Broken::Coding(_))));
        assert!(matches!(collect("gzip", 100, &whole[..whole.len() - 3]), Err(Broken::Coding(_))));
    }
}
