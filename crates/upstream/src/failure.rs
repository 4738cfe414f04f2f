//! Requests without a complete answer: the fault of the connection, and the resulting error of the operation.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, TransportFault, UpstreamAnswer};

use crate::CallKind;
use crate::coding::Broken;
use crate::destination::Prohibited;
use crate::uplink::Unresolved;

/// The `Retry-After` for callers when a site cannot be reached: the shortest one that the header can express.
const UNREACHABLE_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A request without a complete answer.
#[derive(Debug)]
pub(crate) struct Failure {
    stage: Stage,
    /// `None` if no connection was attempted.
    fault: Option<TransportFault>,
    http_status: Option<u16>,
    source: Option<Box<Cause>>,
}

/// The last stage that a request reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The gateway rejected it: requests must not go to its address.
    Prohibited,
    /// The gateway rejected it: it cannot be sent to any site.
    Unsendable,
    /// No byte was sent.
    NeverSent,
    /// The request may have been sent; the head of the answer did not arrive.
    Sent,
    /// The head of the answer arrived; its body is missing or incomplete.
    Answered,
    /// The head of the answer arrived; there was no memory to read its body into.
    NoRoom,
}

/// The cause, for the log. It holds no URL.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Http(reqwest::Error),
    #[error(transparent)]
    Uplink(hyper_util::client::legacy::Error),
    #[error(transparent)]
    Reading(hyper::Error),
    #[error(transparent)]
    Prohibited(Prohibited),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    #[error("the answer is not in the content coding that it names")]
    Coding(#[source] io::Error),
    #[error("no answer within {0:?}")]
    Slow(Duration),
}

impl Failure {
    /// Requests must not go to the address.
    pub(crate) fn prohibited(why: Prohibited) -> Self {
        Self::new(Stage::Prohibited, TransportFault::DestinationProhibited, Cause::Prohibited(why))
    }

    /// The HTTP client failed before the head of an answer arrived.
    pub(crate) fn sending(error: reqwest::Error) -> Self {
        if error.is_builder() {
            let cause = Some(Box::new(Cause::Http(error.without_url())));
            return Self { stage: Stage::Unsendable, fault: None, http_status: None, source: cause };
        }
        let seen = Seen { dns: error.is_dns(), connect: error.is_connect(), timeout: error.is_timeout() };
        let (stage, fault) = judge(&error, seen);
        Self::new(stage, fault, Cause::Http(error.without_url()))
    }

    /// An upload's connection failed before the head of an answer arrived.
    pub(crate) fn uplink(error: hyper_util::client::legacy::Error) -> Self {
        let timeout = find::<io::Error>(&error).is_some_and(|io| io.kind() == io::ErrorKind::TimedOut);
        let seen = Seen { dns: find::<Unresolved>(&error).is_some(), connect: error.is_connect(), timeout };
        let (stage, fault) = judge(&error, seen);
        Self::new(stage, fault, Cause::Uplink(error))
    }

    /// The HTTP library cannot build the request.
    pub(crate) fn unsendable() -> Self {
        Self { stage: Stage::Unsendable, fault: None, http_status: None, source: None }
    }

    /// The HTTP client failed while the body of an answer was read.
    pub(crate) fn reading(error: reqwest::Error, http_status: u16) -> Self {
        Self::new(Stage::Answered, cut_or_garbled(&error), Cause::Http(error.without_url())).under(http_status)
    }

    /// An upload's connection failed while the body of an answer was read.
    pub(crate) fn reading_uplink(error: hyper::Error, http_status: u16) -> Self {
        Self::new(Stage::Answered, cut_or_garbled(&error), Cause::Reading(error)).under(http_status)
    }

    /// The body of an answer is too large, or its content coding is broken.
    pub(crate) fn collecting(broken: Broken, limit: u64, http_status: u16) -> Self {
        match broken {
            Broken::TooLarge => Self::too_large(limit, http_status),
            Broken::Coding(error) => {
                Self::new(Stage::Answered, TransportFault::ProtocolError, Cause::Coding(error)).under(http_status)
            }
        }
    }

    /// The answer exceeds the size limit.
    pub(crate) fn too_large(limit: u64, http_status: u16) -> Self {
        Self::new(Stage::Answered, TransportFault::ResponseTooLarge, Cause::TooLarge(limit)).under(http_status)
    }

    /// The answer did not arrive in time.
    pub(crate) fn slow(limit: Duration) -> Self {
        Self::new(Stage::Sent, TransportFault::ResponseTimeout, Cause::Slow(limit))
    }

    /// No memory was free to read the answer into.
    pub(crate) fn no_room() -> Self {
        Self { stage: Stage::NoRoom, fault: None, http_status: None, source: None }
    }

    /// The connection was not ready for the first byte of the request in time.
    pub(crate) fn never_sent(limit: Duration) -> Self {
        Self::new(Stage::NeverSent, TransportFault::ConnectionTimeout, Cause::Slow(limit))
    }

    /// Returns the same failure for a request of which the caller knows that no byte of the file was sent.
    pub(crate) fn before_any_byte(mut self) -> Self {
        if self.stage == Stage::Sent {
            self.stage = Stage::NeverSent;
        }
        self
    }

    pub(crate) fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// Converts the failure into an error. A read may be retried; a write only if it was never sent.
    pub(crate) fn into_error(self, kind: CallKind) -> Error {
        let error = Error::new(self.kind(kind))
            .retryable(self.is_retryable(kind))
            .with_detail(self.detail(kind))
            .with_answer(UpstreamAnswer { http_status: self.http_status, ..UpstreamAnswer::default() });
        let error = match self.fault {
            Some(fault) => error.with_transport(fault),
            None => error,
        };
        let waits =
            matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Overloaded).then_some(UNREACHABLE_RETRY_AFTER);
        let error = error.with_retry_after(waits);
        match self.source {
            Some(cause) => error.with_source(*cause),
            None => error,
        }
    }

    fn new(stage: Stage, fault: TransportFault, cause: Cause) -> Self {
        Self { stage, fault: Some(fault), http_status: None, source: Some(Box::new(cause)) }
    }

    fn under(mut self, http_status: u16) -> Self {
        self.http_status = Some(http_status);
        self
    }

    fn kind(&self, kind: CallKind) -> ErrorKind {
        match (self.stage, kind) {
            (Stage::Prohibited, _) => ErrorKind::InvalidResponse,
            (Stage::Unsendable, _) => ErrorKind::Rejected,
            (Stage::NeverSent, _) => ErrorKind::Unavailable,
            (_, CallKind::Write) => ErrorKind::OutcomeUnknown,
            (Stage::Answered, CallKind::Read) => ErrorKind::InvalidResponse,
            (Stage::NoRoom, CallKind::Read) => ErrorKind::Overloaded,
            (Stage::Sent, CallKind::Read) => match self.fault {
                Some(TransportFault::ResponseTimeout) => ErrorKind::Timeout,
                Some(TransportFault::ProtocolError) => ErrorKind::InvalidResponse,
                _ => ErrorKind::Unavailable,
            },
        }
    }

    fn is_retryable(&self, kind: CallKind) -> bool {
        match self.stage {
            Stage::Prohibited | Stage::NeverSent => true,
            Stage::Unsendable => false,
            Stage::Sent | Stage::Answered | Stage::NoRoom => kind == CallKind::Read,
        }
    }

    fn detail(&self, kind: CallKind) -> &'static str {
        match (self.fault, kind) {
            _ if self.stage == Stage::Unsendable => "The request is too long for the site.",
            (Some(TransportFault::DestinationProhibited), _) => {
                "The site handed out an address to which requests are prohibited."
            }
            _ if self.stage == Stage::NeverSent => "The site cannot be reached.",
            (_, CallKind::Write) => {
                "The request was sent, but no complete answer arrived. Whether the site carried it out is not known."
            }
            _ if self.stage == Stage::NoRoom => "Too many large answers are being read at once. Try again later.",
            (Some(TransportFault::ResponseTimeout), _) => "The site did not answer in time.",
            (Some(TransportFault::ResponseTooLarge), _) => "The site's answer exceeds the size limit.",
            (Some(TransportFault::ProtocolError), _) => "The site's answer cannot be understood.",
            _ => "The site ended the connection before its answer was complete.",
        }
    }
}

/// The classification that an HTTP client gives its error.
#[derive(Debug, Clone, Copy)]
struct Seen {
    dns: bool,
    connect: bool,
    timeout: bool,
}

fn judge(error: &(dyn StdError + 'static), seen: Seen) -> (Stage, TransportFault) {
    let fault = fault_of(error, seen);
    let stage = match fault {
        TransportFault::DestinationProhibited => Stage::Prohibited,
        _ if seen.connect || hyper_error(error).is_some_and(hyper::Error::is_canceled) => Stage::NeverSent,
        _ => Stage::Sent,
    };
    (stage, fault)
}

/// Returns whether the body was cut off or malformed. The HTTP library reports both as a decoding error. Only a cut-off
/// body has an error of the connection as its cause.
fn cut_or_garbled(error: &(dyn StdError + 'static)) -> TransportFault {
    match hyper_error(error) {
        Some(cause) if !cause.is_parse() => TransportFault::ConnectionTerminated,
        _ => TransportFault::ProtocolError,
    }
}

fn fault_of(error: &(dyn StdError + 'static), seen: Seen) -> TransportFault {
    if find::<Prohibited>(error).is_some() {
        return TransportFault::DestinationProhibited;
    }
    let refused = find::<io::Error>(error).is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused);
    match hyper_error(error) {
        _ if seen.dns => TransportFault::DnsError,
        _ if seen.connect && seen.timeout => TransportFault::ConnectionTimeout,
        _ if seen.timeout => TransportFault::ResponseTimeout,
        _ if refused => TransportFault::ConnectionRefused,
        Some(hyper) if hyper.is_parse() => TransportFault::ProtocolError,
        _ => TransportFault::ConnectionTerminated,
    }
}

fn hyper_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a hyper::Error> {
    find::<hyper::Error>(error)
}

/// Returns the first error of a type in a chain of causes. `source` of an `io::Error` skips the error that it wraps, so
/// that one is checked separately.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match carried {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(stage: Stage, fault: TransportFault) -> Failure {
        Failure { stage, fault: Some(fault), http_status: None, source: None }
    }

    #[test]
    fn answer_without_room_is_overload_for_a_read() {
        for (call, kind, retryable) in
            [(CallKind::Read, ErrorKind::Overloaded, true), (CallKind::Write, ErrorKind::OutcomeUnknown, false)]
        {
            let error = Failure::no_room().into_error(call);
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable));
            assert_eq!(error.retry_after().is_some(), retryable);
        }
    }

    #[test]
    fn stage_and_fault_decide_the_kind_and_the_retry() {
        use CallKind::{Read, Write};
        use TransportFault as Fault;
        let rows = [
            (Stage::Prohibited, Fault::DestinationProhibited, Write, ErrorKind::InvalidResponse, true),
            (Stage::NeverSent, Fault::ConnectionRefused, Read, ErrorKind::Unavailable, true),
            (Stage::NeverSent, Fault::ConnectionTimeout, Write, ErrorKind::Unavailable, true),
            (Stage::NeverSent, Fault::DnsError, Write, ErrorKind::Unavailable, true),
            (Stage::Sent, Fault::ConnectionTerminated, Read, ErrorKind::Unavailable, true),
            (Stage::Sent, Fault::ConnectionTerminated, Write, ErrorKind::OutcomeUnknown, false),
            (Stage::Sent, Fault::ResponseTimeout, Read, ErrorKind::Timeout, true),
            (Stage::Sent, Fault::ResponseTimeout, Write, ErrorKind::OutcomeUnknown, false),
            (Stage::Sent, Fault::ProtocolError, Read, ErrorKind::InvalidResponse, true),
            (Stage::Answered, Fault::ConnectionTerminated, Read, ErrorKind::InvalidResponse, true),
            (Stage::Answered, Fault::ResponseTooLarge, Read, ErrorKind::InvalidResponse, true),
            (Stage::Answered, Fault::ResponseTooLarge, Write, ErrorKind::OutcomeUnknown, false),
        ];
        for (stage, fault, call, kind, retryable) in rows {
            let error = of(stage, fault).into_error(call);
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{stage:?} {fault:?} {call:?}");
            assert_eq!(error.transport(), Some(fault));
            assert_eq!(error.retry_after().is_some(), kind == ErrorKind::Unavailable, "{stage:?} {fault:?}");
        }
    }
}
