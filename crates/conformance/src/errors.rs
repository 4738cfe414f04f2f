//! Checks of errors: their kind, and that they contain no secret and no query of an address.

use std::error::Error as StdError;

use polyhost_domain::{Capability, Error, ErrorKind, FileEdit, FolderId};

use crate::attempts::{ATTEMPTS, Attempt, UnknownIds};
use crate::check::check;
use crate::scratch::{entry_name, in_scratch, unique, upload};
use crate::{Check, Failure, Subject, body, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(every_call_reports_wrong_credentials),
    check!(a_denied_action_is_forbidden),
    check!(no_error_contains_a_secret_or_a_query),
];

/// With wrong credentials, every call, read or write, fails as `CredentialsRejected`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn every_call_reports_wrong_credentials(subject: &Subject) -> Result<(), Failure> {
    let ids = UnknownIds::at(subject)?;
    for attempt in native(subject) {
        let answer = attempt.run(&*subject.stranger, &ids).await;
        let doing = format!("{} with wrong credentials", attempt.doing);
        expect::kind(answer, ErrorKind::CredentialsRejected, &doing)?;
    }
    Ok(())
}

/// An action that a valid account may not do is `Forbidden`. The account stays usable: its credentials are not in
/// doubt.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_denied_action_is_forbidden(subject: &Subject) -> Result<(), Failure> {
    let Some(file) = &subject.known.denied else { return Ok(()) };
    let provider = &subject.provider;
    if subject.can(Capability::FilesRename) {
        let edit = FileEdit { name: Some(entry_name(&unique(".mp4"))?), content_type: None };
        let answer = provider.edit_file(file, edit).await;
        expect::kind(answer, ErrorKind::Forbidden, "renaming a file that the account may not rename")?;
    }
    if subject.can(Capability::FilesMove) {
        let answer = provider.move_file(file, &FolderId::Root).await;
        expect::kind(answer, ErrorKind::Forbidden, "moving a file that the account may not move")?;
    }
    if subject.can(Capability::FilesDelete) {
        let answer = provider.delete_file(file).await;
        expect::kind(answer, ErrorKind::Forbidden, "deleting a file that the account may not delete")?;
    }
    if subject.can(Capability::AccountRead) {
        expect::ok(provider.account().await, "reading the account after a denied action")?;
    }
    Ok(())
}

/// Neither the text of an error nor that of its causes contains a credential, or an address with its query.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn no_error_contains_a_secret_or_a_query(subject: &Subject) -> Result<(), Failure> {
    let ids = UnknownIds::at(subject)?;
    let mut errors = Vec::new();
    for attempt in ATTEMPTS {
        errors.extend(attempt.run(&*subject.stranger, &ids).await.err());
    }
    in_scratch(subject, async |scratch| {
        // These calls use the good credentials, so one may create a file or folder. It should not, as the ids are
        // unknown.
        for attempt in ATTEMPTS {
            errors.extend(attempt.run(&*subject.provider, &ids).await.err());
        }
        if subject.can(Capability::FilesUpload) {
            let bytes = body::pattern(100);
            let short = upload(&unique(".mp4"), &scratch.base, 200, body::once(&bytes))?;
            errors.extend(scratch.upload(short).await.err());
            let failing = upload(&unique(".mp4"), &scratch.base, 200, body::once_failing(&bytes))?;
            errors.extend(scratch.upload(failing).await.err());
        }
        Ok(())
    })
    .await?;
    errors.iter().try_for_each(|error| reveals_nothing(subject, error))
}

/// Returns the calls that the profile says are supported.
fn native(subject: &Subject) -> impl Iterator<Item = &'static Attempt> {
    ATTEMPTS.iter().filter(|attempt| attempt.needs.iter().all(|capability| subject.can(*capability)))
}

fn reveals_nothing(subject: &Subject, error: &Error) -> Result<(), Failure> {
    let mut texts = vec![error.to_string(), format!("{error:?}"), format!("{error:#?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for text in texts {
        let leaked = subject.secrets.iter().any(|secret| text.contains(secret.as_str()));
        // The failure itself must not quote the text, which may contain the secret.
        expect::that(!leaked, &format!("the text of an error {:?}", error.kind()), "no secret", "a planted secret")?;
        expect::that(!holds_query(&text), &format!("the text of an error {:?}", error.kind()), "no query", "a query")?;
    }
    Ok(())
}

/// Returns whether a text contains an address with a query.
fn holds_query(text: &str) -> bool {
    let addresses = text.split("://").skip(1);
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ')' | '>' | ',');
    addresses.map(|rest| rest.split(ends).next().unwrap_or_default()).any(|address| address.contains('?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_query_is_found_in_any_text() {
        assert!(holds_query("cannot reach https://site.example/v1?key=secret (reset)"));
        assert!(holds_query("Url { \"http://127.0.0.1:1/a/b?x\" }"));
        assert!(!holds_query("cannot reach https://site.example/v1, was it moved?"));
        assert!(!holds_query("what?"));
    }
}
