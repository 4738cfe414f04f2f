//! A form is parsed the same however it is cut into pieces, and its file is as long as its declared length.
#![no_main]

use std::io;

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{StreamExt as _, stream};
use libfuzzer_sys::fuzz_target;
use polyhost_engine::uploads::{IncomingBody, Spare};
use polyhost_gateway::form::{self, Fields};

// The first byte is the length of the pieces; the boundary is `b`.
fuzz_target!(|input: &[u8]| {
    let Some((size, form)) = input.split_first() else { return };
    for length in [None, Some(form.len() as u64)] {
        let whole = block_on(read(form, form.len(), length));
        assert_eq!(block_on(read(form, usize::from(*size), length)), whole);
    }
});

/// Returns the fields and the bytes of the file, or `None` if the form is rejected.
async fn read(form: &[u8], size: usize, length: Option<u64>) -> Option<(Fields, Vec<u8>)> {
    let pieces: Vec<_> = form.chunks(size.max(1)).map(|piece| io::Result::Ok(Bytes::copy_from_slice(piece))).collect();
    let stream = stream::iter(pieces).boxed();
    let body = IncomingBody { length, spare: Spare::default(), stream };
    let (fields, mut file) = form::read("b", length, body).await.ok()?;
    let mut bytes = Vec::new();
    while let Some(piece) = file.stream.next().await {
        bytes.extend_from_slice(&piece.ok()?);
    }
    assert!(!bytes.is_empty());
    assert!(file.length.is_none_or(|length| length - file.spare.found() == bytes.len() as u64));
    assert!(file.spare.found() <= file.spare.most());
    Some((fields, bytes))
}
