//! Uploads in two steps: the adapter requests an address, and sends the bytes to it.

use polyhost_domain::{ErrorKind, File, Result, TicketRequest, TicketTransport, Upload, UploadTicket};
use polyhost_upstream::FilePart;
use url::Url;

use crate::client::Site;
use crate::convert::Convert;

pub(crate) async fn ticket(
    site: &Site,
    convert: &Convert,
    file_field: &str,
    request: &TicketRequest,
) -> Result<UploadTicket> {
    let answered = site.upload_url(request).await?;
    let url: Option<Url> = answered.value.url.as_deref().and_then(|text| text.parse().ok());
    let url = url.ok_or_else(|| answered.missing("an upload address"))?;
    site.http.admit(answered.reply.operation(), &url)?;
    Ok(UploadTicket {
        url,
        method: "POST",
        file_field: file_field.to_owned(),
        expires_at: convert.time(answered.value.valid_until.as_ref()),
    })
}

pub(crate) async fn upload(site: &Site, convert: &Convert, file_field: &str, upload: Upload) -> Result<File> {
    let transport = TicketTransport::SiteDefault;
    let request = TicketRequest { folder: upload.folder, sha1: upload.sha1, transport };
    let ticket = ticket(site, convert, file_field, &request).await?;
    let part = FilePart {
        fields: Vec::new(),
        field: ticket.file_field,
        file_name: upload.name.as_str().to_owned(),
        content_type: upload.content_type,
        body: upload.body,
        report: upload.report.clone(),
    };
    let answered = site.upload(ticket.url, &request.folder, part).await?;
    upload.report.note_name(answered.value.name.as_deref());
    let unnamed = || answered.missing("the file's id").into_kind(ErrorKind::Unnamed);
    convert.uploaded(&answered.value, &request.folder).ok_or_else(unnamed)
}
