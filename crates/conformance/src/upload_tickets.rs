//! Checks of upload tickets: addresses to which a client sends a file's bytes without Polyhost.

use polyhost_domain::{FolderId, TicketRequest, TicketTransport, UploadTicket};

use crate::check::check;
use crate::scratch::in_scratch;
use crate::{Check, Failure, Subject, body, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_ticket_has_address_method_and_form_field, FilesUploadTicket),
    check!(a_ticket_for_plain_http_has_that_scheme, FilesUploadTicket),
];

/// A ticket is a web address of its own, with a method, a form field and, if the site reports it, an expiry time.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_ticket_has_address_method_and_form_field(subject: &Subject) -> Result<(), Failure> {
    in_scratch(subject, async |scratch| {
        let sha1 = body::sha1_of(b"bytes to come").parse().ok();
        let mut addresses = Vec::new();
        for (folder, sha1) in [(FolderId::Root, None), (scratch.base.clone(), sha1)] {
            let ticket =
                request_ticket(subject, TicketRequest { folder, sha1, transport: TicketTransport::SiteDefault })
                    .await?;
            expect::that(!addresses.contains(&ticket.url), "the address of a second ticket", "another", &ticket.url)?;
            addresses.push(ticket.url);
        }
        Ok(())
    })
    .await
}

/// A client that cannot use TLS gets an address with the scheme `http`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_ticket_for_plain_http_has_that_scheme(subject: &Subject) -> Result<(), Failure> {
    let request = TicketRequest { folder: FolderId::Root, sha1: None, transport: TicketTransport::PlainHttp };
    let ticket = request_ticket(subject, request).await?;
    expect::equal(&ticket.url.scheme(), &"http", "the scheme of a ticket for plain HTTP")
}

async fn request_ticket(subject: &Subject, request: TicketRequest) -> Result<UploadTicket, Failure> {
    let ticket = expect::ok(subject.provider.upload_ticket(request).await, "requesting an upload ticket")?;
    let scheme = ticket.url.scheme();
    expect::that(matches!(scheme, "http" | "https"), "the scheme of a ticket", "http or https", scheme)?;
    expect::that(matches!(ticket.method, "POST" | "PUT"), "the method of a ticket", "POST or PUT", ticket.method)?;
    expect::that(!ticket.file_field.is_empty(), "the form field of a ticket", "a name", &ticket.file_field)?;
    expect::time(ticket.expires_at, "the expires_at of a ticket")?;
    Ok(ticket)
}
