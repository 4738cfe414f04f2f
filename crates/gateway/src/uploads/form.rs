//! An upload as a form, as browsers and `curl -F` send it: a few fields, and then the file.
//!
//! A form that tells its whole length tells that of its file too: the file ends where the form's last line begins. So
//! such a file is passed on as it arrives, like a bare body.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use multer::{Field, Multipart};
use polyhost_domain::ByteStream;
use serde::Serialize;

use super::arriving::{Arriving, Refusal, empty, incomplete};
use crate::problem::{Fault, Faults, Problem};

/// The field that holds the file. It is the last.
const FILE: &str = "file";
/// The most bytes before those of the file.
const MOST_BEFORE: u64 = 16 * 1024;

/// What a form tells about its file, as it stands there.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Fields {
    /// `name`
    pub name: Option<String>,
    /// `folder_id`
    pub folder_id: Option<String>,
    /// `sha1`
    pub sha1: Option<String>,
    /// What the file is called where the caller has it.
    pub file_name: Option<String>,
    /// The file's media type.
    pub content_type: Option<String>,
}

/// The boundary of a form, where a body of this media type is one.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    multer::parse_boundary(content_type).ok().filter(|boundary| (1..=70).contains(&boundary.len()))
}

/// A form that was read up to the bytes of its file before its handler's turn. Clones are the same one.
#[derive(Clone)]
pub struct Opened {
    /// How many bytes the whole form has, where that is known.
    pub length: Option<u64>,
    read: Arc<Mutex<Option<(Fields, Arriving)>>>,
}

impl Opened {
    /// Hands it over to its handler.
    #[must_use]
    pub fn new(length: Option<u64>, fields: Fields, file: Arriving) -> Self {
        Self { length, read: Arc::new(Mutex::new(Some((fields, file)))) }
    }

    /// What the form tells, and its file: once.
    #[must_use]
    pub fn take(&self) -> Option<(Fields, Arriving)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads a form up to the bytes of its file. `length` is that of the whole form, where it is known.
///
/// # Errors
/// 400, with every fault of the fields; for a body that stops or ends, as for any upload.
pub async fn read(boundary: &str, length: Option<u64>, body: Arriving) -> Result<(Fields, Arriving), Problem> {
    let refusal = body.refusal;
    let head = Head::default();
    let mut form = Multipart::new(head.watch(body.stream), boundary);
    let (mut fields, mut faults) = (Fields::default(), Faults::default());
    let broken = |error: multer::Error| refusal.take().unwrap_or_else(|| told(&error));
    let file = loop {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            faults.push(Fault::pointer("/file", "is missing"));
            return Err(faults.into());
        };
        if field.name() == Some(FILE) {
            break field;
        }
        fields.take(field, &mut faults).await.map_err(broken)?;
    };
    if !faults.is_empty() {
        return Err(faults.into());
    }
    fields.file_name = file.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
    fields.content_type = file.content_type().map(ToString::to_string);
    let before = head.end();
    let length = match length {
        Some(length) => Some(length_of_file(length, before, boundary)?),
        None => None,
    };
    let file = FileField { form, field: Some(file), left: length, is_empty: true, refusal: refusal.clone() };
    Ok((fields, Arriving { length, stream: file.into_stream(), refusal }))
}

impl Fields {
    async fn take(&mut self, field: Field<'static>, faults: &mut Faults) -> multer::Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let slot = match name.as_str() {
            "name" => &mut self.name,
            "folder_id" => &mut self.folder_id,
            "sha1" => &mut self.sha1,
            _ => {
                let known = "is not known; the fields are name, folder_id, sha1 and then file";
                faults.push(Fault::pointer(&format!("/{}", crate::extract::escape(&name)), known));
                return field.bytes().await.map(drop);
            }
        };
        let pointer = format!("/{name}");
        match (slot, String::from_utf8(field.bytes().await?.into())) {
            (Some(_), _) => faults.push(Fault::pointer(&pointer, "is there twice")),
            (None, Err(_)) => faults.push(Fault::pointer(&pointer, "is not UTF-8")),
            (slot, Ok(text)) => *slot = Some(text),
        }
        Ok(())
    }
}

/// What comes before the file's bytes: counted, and bounded.
///
/// The form's reader takes whatever it can get. Given byte by byte, it stops where the file begins, and that is how it
/// is known how many bytes were before it.
#[derive(Debug, Clone, Default)]
struct Head(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    bytes: AtomicU64,
    ended: AtomicBool,
}

impl Head {
    /// The body, byte by byte until the head has ended. It rests after every piece, for the form's reader would else
    /// gather all there is before it looks at any.
    fn watch(&self, body: ByteStream) -> impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static {
        let begun = (self.clone(), body, Bytes::new());
        let pieces = stream::unfold(begun, |(head, mut body, mut rest)| async move {
            if rest.is_empty() {
                rest = match body.next().await? {
                    Ok(bytes) => bytes,
                    Err(error) => return Some((Err(error), (head, body, rest))),
                };
            }
            let piece = head.take(&mut rest);
            Some((piece, (head, body, rest)))
        });
        let mut gave = false;
        let mut pieces = pieces.boxed();
        stream::poll_fn(move |context| {
            if std::mem::take(&mut gave) {
                context.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            let next = pieces.poll_next_unpin(context);
            gave = next.is_ready();
            next
        })
    }

    fn take(&self, rest: &mut Bytes) -> io::Result<Bytes> {
        if self.0.ended.load(Ordering::Relaxed) {
            return Ok(std::mem::take(rest));
        }
        if self.0.bytes.fetch_add(1, Ordering::Relaxed) >= MOST_BEFORE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too much comes before the file"));
        }
        Ok(rest.split_to(rest.len().min(1)))
    }

    /// How many bytes it had.
    fn end(&self) -> u64 {
        self.0.ended.store(true, Ordering::Relaxed);
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// The most bytes that a form may have besides those of its file.
#[must_use]
pub fn most_around(boundary: &str) -> u64 {
    MOST_BEFORE + last_line(boundary)
}

fn last_line(boundary: &str) -> u64 {
    ("\r\n--".len() + boundary.len() + "--\r\n".len()) as u64
}

/// How many bytes a file has that comes last in a form of `length`.
fn length_of_file(length: u64, before: u64, boundary: &str) -> Result<u64, Problem> {
    match length.checked_sub(before + last_line(boundary)) {
        None => Err(malformed("ends early")),
        Some(0) => Err(empty("/file")),
        Some(length) => Ok(length),
    }
}

/// The file of a form.
struct FileField {
    form: Multipart<'static>,
    field: Option<Field<'static>>,
    /// How many bytes must still come, where that is known.
    left: Option<u64>,
    is_empty: bool,
    refusal: Refusal,
}

impl FileField {
    fn into_stream(self) -> ByteStream {
        stream::try_unfold(self, |mut file| async move {
            match file.next().await {
                Ok(bytes) => Ok(bytes.map(|bytes| (bytes, file))),
                Err(problem) => Err(file.refusal.tell(problem)),
            }
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Some(field) = &mut self.field else { return Ok(None) };
        let chunk = field.chunk().await;
        match chunk.map_err(|error| self.refusal.take().unwrap_or_else(|| told(&error)))? {
            Some(bytes) => {
                self.is_empty &= bytes.is_empty();
                if let Some(left) = &mut self.left {
                    *left = left.checked_sub(bytes.len() as u64).ok_or_else(not_last)?;
                }
                Ok(Some(bytes))
            }
            None => self.end().await.map(|()| None),
        }
    }

    /// Holds the form to having nothing after the file.
    async fn end(&mut self) -> Result<(), Problem> {
        self.field = None;
        let next = self.form.next_field().await;
        match next.map_err(|error| self.refusal.take().unwrap_or_else(|| told(&error)))? {
            Some(field) => {
                let name = crate::extract::escape(field.name().unwrap_or_default());
                let twice = "comes after the file, which must be the last field and the only one of its kind";
                Err(Problem::invalid(vec![Fault::pointer(&format!("/{name}"), twice)]))
            }
            None if self.left.is_some_and(|left| left > 0) => Err(not_last()),
            None if self.is_empty => Err(empty("/file")),
            None => Ok(()),
        }
    }
}

fn not_last() -> Problem {
    malformed("must end with its closing boundary and CRLF right after the file, where it comes with a Content-Length")
}

fn malformed(what: &str) -> Problem {
    Problem::invalid(vec![Fault::pointer("", format!("is a form that {what}"))])
}

/// What the caller is told of a form that cannot be read.
fn told(error: &multer::Error) -> Problem {
    match error {
        multer::Error::StreamReadFailed(cause) => {
            let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            match io {
                Some(io::ErrorKind::FileTooLarge) => malformed("has more than 16 KiB before its file"),
                _ => incomplete("The body of the upload ended early."),
            }
        }
        multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. } => malformed("ends early"),
        _ => malformed("cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::TryStreamExt as _;

    use super::*;

    const BOUNDARY: &str = "b-1";

    fn field(name: &str, value: &str) -> String {
        format!("--b-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    fn file(bytes: &str) -> String {
        format!(
            "--b-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" 夏.mp4\"\r\n\
             Content-Type: video/mp4\r\n\r\n{bytes}\r\n"
        )
    }

    /// A form in pieces of a size, with its length told or not.
    fn body(form: &str, size: usize, length: Option<u64>) -> Arriving {
        let pieces: Vec<Bytes> = form.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
        Arriving::new(length, stream::iter(pieces.into_iter().map(io::Result::Ok)), Duration::from_secs(9))
    }

    /// What is made of a form: its fields, the length of its file, and the file.
    async fn parse(form: &str, size: usize, told: bool) -> Result<(Fields, Option<u64>, String), Problem> {
        let length = told.then_some(form.len() as u64);
        let (fields, Arriving { length, stream, refusal }) = read(BOUNDARY, length, body(form, size, length)).await?;
        let bytes: Result<Vec<Bytes>, io::Error> = stream.try_collect().await;
        let bytes = bytes.map_err(|_| refusal.take().unwrap())?;
        Ok((fields, length, String::from_utf8(bytes.concat()).unwrap()))
    }

    #[tokio::test]
    async fn a_form_is_read_however_it_is_cut_and_its_length_tells_that_of_its_file() {
        let bytes = "\r\n--b-2\r\n--b-\r\n".repeat(50);
        let form = field("name", "é.mp4") + &field("folder_id", "7") + &file(&bytes) + "--b-1--\r\n";
        for size in [1, 2, 7, 64, form.len()] {
            for told in [true, false] {
                let (fields, length, arrived) = parse(&form, size, told).await.unwrap();
                assert_eq!(arrived, bytes, "{size}");
                assert_eq!(length, told.then_some(bytes.len() as u64));
                assert_eq!((fields.name.as_deref(), fields.folder_id.as_deref()), (Some("é.mp4"), Some("7")));
                assert_eq!((fields.sha1, fields.content_type.as_deref()), (None, Some("video/mp4")));
                assert_eq!(fields.file_name.as_deref(), Some("a \"b\" 夏.mp4"));
            }
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_form_is_named() {
        let end = "--b-1--\r\n";
        let cases = [
            (field("name", "a") + end, true, "field \"/file\" is missing"),
            (field("nam", "a") + &file("x") + end, true, "field \"/nam\" is not known"),
            (field("sha1", "a") + &field("sha1", "b") + &file("x") + end, false, "field \"/sha1\" is there twice"),
            (file("xyz") + &field("name", "a") + end, true, "field \"/name\" comes after the file"),
            (file("xyz") + &file("x") + end, false, "field \"/file\" comes after the file"),
            (file("") + end, true, "field \"/file\" is empty"),
            (file("") + end, false, "field \"/file\" is empty"),
            (file("xyz") + "--b-1--", true, "must end with its closing boundary and CRLF"),
            (file("xyz"), false, "the body is a form that ends early"),
            (file("xyz")[..20].to_owned(), true, "the body is a form that ends early"),
            ("nothing of the kind".to_owned(), false, "the body is a form that ends early"),
            (field("name", &"x".repeat(17_000)) + &file("x") + end, true, "more than 16 KiB before its file"),
        ];
        for (form, told, complaint) in cases {
            let problem = parse(&form, 10, told).await.unwrap_err();
            assert!(problem.detail().contains(complaint), "{form}: {}", problem.detail());
        }
        // Where the end need not be known beforehand, the last line may lack its line break.
        assert_eq!(parse(&(file("xyz") + "--b-1--"), 10, false).await.unwrap().2, "xyz");
    }
}
