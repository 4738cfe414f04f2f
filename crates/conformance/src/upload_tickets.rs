//! Tickets: addresses that take a file's bytes without Polyhost.

use polyhost_domain::{FolderId, TicketRequest, TicketTransport, UploadTicket};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, body, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_ticket_says_where_and_how_to_send_a_file, FilesUploadTicket),
    check!(a_ticket_for_plain_http_is_one, FilesUploadTicket),
];

/// A ticket is a web address of its own, with a method, a form field and, where told, an end.
///
/// # Errors
/// What was otherwise.
pub async fn a_ticket_says_where_and_how_to_send_a_file(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sha1 = body::sha1_of(b"bytes to come").parse().ok();
        let mut addresses = Vec::new();
        for (folder, sha1) in [(FolderId::Root, None), (scratch.base.clone(), sha1)] {
            let ticket = ask(subject, TicketRequest { folder, sha1, transport: TicketTransport::SiteDefault }).await?;
            expect::that(!addresses.contains(&ticket.url), "the address of a second ticket", "another", &ticket.url)?;
            addresses.push(ticket.url);
        }
        Ok(())
    })
    .await
}

/// A caller that cannot encrypt is given an address that does not ask for it.
///
/// # Errors
/// What was otherwise.
pub async fn a_ticket_for_plain_http_is_one(subject: &Subject) -> Result<(), Failure> {
    let request = TicketRequest { folder: FolderId::Root, sha1: None, transport: TicketTransport::PlainHttp };
    let ticket = ask(subject, request).await?;
    expect::equal(&ticket.url.scheme(), &"http", "the scheme of a ticket for plain HTTP")
}

async fn ask(subject: &Subject, request: TicketRequest) -> Result<UploadTicket, Failure> {
    let ticket = expect::ok(subject.provider.upload_ticket(request).await, "asking for a ticket")?;
    let scheme = ticket.url.scheme();
    expect::that(matches!(scheme, "http" | "https"), "the scheme of a ticket", "http or https", scheme)?;
    expect::that(matches!(ticket.method, "POST" | "PUT"), "the method of a ticket", "POST or PUT", ticket.method)?;
    expect::that(!ticket.file_field.is_empty(), "the form field of a ticket", "a name", &ticket.file_field)?;
    expect::time(ticket.expires_at, "until when a ticket works")?;
    Ok(ticket)
}
