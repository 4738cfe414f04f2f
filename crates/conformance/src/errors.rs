//! Errors: whose fault they name, and what they must never tell.

use std::error::Error as StdError;

use polyhost_domain::{Capability, Error, ErrorKind, FileEdit, FolderId};

use crate::attempts::{ATTEMPTS, Attempt, Nobody};
use crate::check::check;
use crate::scratch::{entry_name, in_scratch, unique, upload};
use crate::{Check, Failure, Subject, body, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(wrong_credentials_are_told_as_such_by_every_call),
    check!(a_denied_action_is_forbidden_and_not_a_matter_of_credentials),
    check!(no_error_tells_a_secret_or_a_query),
];

/// Reads and writes alike: an account whose credentials are wrong hears that, whatever it asked for.
///
/// # Errors
/// What was otherwise.
pub async fn wrong_credentials_are_told_as_such_by_every_call(subject: &Subject) -> Result<(), Failure> {
    let nobody = Nobody::at(subject)?;
    for attempt in native(subject) {
        let answer = attempt.run(&*subject.stranger, &nobody).await;
        let doing = format!("{} with wrong credentials", attempt.doing);
        expect::kind(answer, ErrorKind::CredentialsRejected, &doing)?;
    }
    Ok(())
}

/// What good credentials may not do is forbidden, and does not bring the credentials into doubt.
///
/// # Errors
/// What was otherwise.
pub async fn a_denied_action_is_forbidden_and_not_a_matter_of_credentials(subject: &Subject) -> Result<(), Failure> {
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

/// Neither the words of an error nor those of its causes hold a credential, or an address with its query.
///
/// # Errors
/// What was otherwise.
pub async fn no_error_tells_a_secret_or_a_query(subject: &Subject) -> Result<(), Failure> {
    let nobody = Nobody::at(subject)?;
    let mut errors = Vec::new();
    for attempt in ATTEMPTS {
        errors.extend(attempt.run(&*subject.stranger, &nobody).await.err());
    }
    in_scratch(subject, async |scratch| {
        // These calls reach the site with the good credentials, so a file or folder may come of one: none should.
        for attempt in ATTEMPTS {
            errors.extend(attempt.run(&*subject.provider, &nobody).await.err());
        }
        if subject.can(Capability::FilesUpload) {
            let bytes = body::pattern(100);
            let short = upload(&unique(".mp4"), &scratch.base, 200, body::once(&bytes))?;
            errors.extend(scratch.upload(short).await.err());
            let broken = upload(&unique(".mp4"), &scratch.base, 200, body::once_broken(&bytes))?;
            errors.extend(scratch.upload(broken).await.err());
        }
        Ok(())
    })
    .await?;
    errors.iter().try_for_each(|error| tells_nothing(subject, error))
}

/// The calls of which the profile says that they can be made.
fn native(subject: &Subject) -> impl Iterator<Item = &'static Attempt> {
    ATTEMPTS.iter().filter(|attempt| attempt.needs.iter().all(|capability| subject.can(*capability)))
}

fn tells_nothing(subject: &Subject, error: &Error) -> Result<(), Failure> {
    let mut words = vec![error.to_string(), format!("{error:?}"), format!("{error:#?}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        words.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for text in words {
        let told = subject.secrets.iter().any(|secret| text.contains(secret.as_str()));
        // The failure must not tell it either.
        expect::that(!told, &format!("the words of an error {:?}", error.kind()), "no secret", "one of those planted")?;
        expect::that(!holds_query(&text), &format!("the words of an error {:?}", error.kind()), "no query", "one")?;
    }
    Ok(())
}

/// Whether a text holds an address with a query.
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
