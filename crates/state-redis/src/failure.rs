//! The failures of commands, and what each of them means for the connection.

use polyhost_state::{Port, StateError, StateErrorKind};
use redis::{ErrorKind, RedisError};

/// The failure of a command.
///
/// `Display` is for the log. It never contains a server's message, which may quote the command's arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no session, so nothing was sent.
    #[error("the store is away")]
    Away,
    /// The request has no patience left, so nothing was sent.
    #[error("the request has waited for the store long enough")]
    OutOfPatience,
    /// The answer did not come in time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// The server rejected the command for lack of memory, and has changed nothing.
    #[error("the store has no memory left (OOM)")]
    OutOfMemory,
    /// The connection cannot be used any more: it is broken, or its server serves no writes.
    #[error("the connection cannot be used: {0}")]
    Broken(String),
    /// The server rejected the command, or its answer has an unknown form.
    #[error("the store rejected a command: {0}")]
    Rejected(String),
}

/// The codes of answers that every other command on the connection would get, too.
const CODES_OF_BROKEN: &[&str] =
    &["READONLY", "LOADING", "MASTERDOWN", "MISCONF", "NOAUTH", "CLUSTERDOWN", "MOVED", "ASK"];

impl Failure {
    /// Returns the failure for an answer of an unknown form.
    pub(crate) fn unknown_answer() -> Self {
        Self::Rejected("an answer of an unknown form".into())
    }

    /// Returns whether the store did not answer, so that this replica has to go on alone.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self, Self::Away | Self::OutOfPatience | Self::TimedOut | Self::Broken(_))
    }

    /// Returns whether the command may have been carried out.
    pub(crate) fn is_ambiguous(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Broken(_))
    }

    /// Returns the error of a port for this failure.
    pub(crate) fn into_error(self, port: Port) -> StateError {
        StateError::new(port, StateErrorKind::Unavailable).caused_by(self)
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if code_of(&error) == Some("OOM") {
            return Self::OutOfMemory;
        }
        let text = match code_of(&error) {
            Some(code) => code.to_owned(),
            // The system's text, or that of TLS. It contains the reason, such as an unknown certificate.
            None if error.is_io_error() => error.to_string(),
            None => error.category().to_owned(),
        };
        let is_broken = error.is_unrecoverable_error()
            || matches!(
                error.kind(),
                ErrorKind::Io
                    | ErrorKind::Parse
                    | ErrorKind::AuthenticationFailed
                    | ErrorKind::ClusterConnectionNotFound
            )
            || CODES_OF_BROKEN.contains(&text.as_str());
        if is_broken { Self::Broken(text) } else { Self::Rejected(text) }
    }
}

/// Returns the code of a server's error. Redis 6 puts the code of an error within a script into the message.
fn code_of(error: &RedisError) -> Option<&str> {
    let code = error.code()?;
    let within = error.detail().filter(|detail| code == "ERR" && detail.contains("user_script"));
    let codes = CODES_OF_BROKEN.iter().chain(&["OOM"]);
    within.and_then(|detail| codes.copied().find(|code| detail.contains(&format!("-{code} ")))).or(Some(code))
}

#[cfg(test)]
mod tests {
    use redis::make_extension_error;

    use super::*;

    #[test]
    fn error_within_a_script_has_the_code_of_its_command() {
        let error = |code: &str, detail: &str| Failure::from(make_extension_error(code.into(), Some(detail.into())));

        assert_eq!(error("OOM", "command not allowed"), Failure::OutOfMemory);
        let of_redis_6 =
            "Error running script (call to f_1): @user_script:3: @user_script: 3: -READONLY You can't write";
        assert_eq!(error("ERR", of_redis_6), Failure::Broken("READONLY".into()));
        assert_eq!(error("LOADING", "the dataset"), Failure::Broken("LOADING".into()));
        assert_eq!(error("MISCONF", "cannot persist"), Failure::Broken("MISCONF".into()));
        assert_eq!(error("WRONGTYPE", "planted"), Failure::Rejected("WRONGTYPE".into()));
    }
}
