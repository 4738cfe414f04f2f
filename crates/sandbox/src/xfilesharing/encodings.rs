//! The queue of encodings: `file/encodings`, and `encoding/*` at Byse. A finished encoding is not in it.

use serde_json::{Value, json};

use super::files::{any_file, codes_of};
use super::jobs::State;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::Encoding;
use super::site::Context;
use crate::parameters::Parameters;

/// `file/encodings`: the queue, or the part of one file.
pub(crate) fn list(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let wanted = call.optional("file_code");
    let rows = context.store.encodings.iter().filter_map(|encoding| {
        let file = context.store.files.get(&encoding.file).filter(|file| file.is_own())?;
        let is_wanted = wanted.is_none_or(|wanted| wanted == file.code);
        let state = encoding.state(context.now);
        is_wanted.then(|| {
            json!({
                "file_code": file.code, "title": file.name, "quality": "h", "status": state.word("ENCODING"),
                "progress": state.percent(), "link": context.page(file),
            })
        })
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `encoding/list` (Byse).
pub(crate) fn list_all(context: &mut Context<'_>, _: &Parameters) -> Answer {
    let rows = context.store.encodings.iter().filter_map(|encoding| row(context, encoding));
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `encoding/status` (Byse): one object.
pub(crate) fn status(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let file = any_file(context, call)?;
    let encoding = context.store.encoding_of(&file.code);
    Ok(Success::of(encoding.and_then(|encoding| row(context, encoding)).unwrap_or_else(|| json!({}))))
}

fn row(context: &Context<'_>, encoding: &Encoding) -> Option<Value> {
    let file = context.store.files.get(&encoding.file).filter(|file| file.is_own())?;
    let state = encoding.state(context.now);
    let progress = match state {
        State::Working(percent) | State::Stuck(percent) => Value::from(percent.to_string()),
        State::Pending | State::Failed | State::Done => Value::from(0),
    };
    let error = encoding.error.as_deref().filter(|_| state == State::Failed).unwrap_or_default();
    Some(json!({
        "file_code": file.code, "quality": "H", "name": file.name, "progress": progress,
        "status": state.word("ENCODING"), "error": error,
    }))
}

/// `encoding/restart` (Byse).
pub(crate) fn restart(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let codes = codes_of(call, "file_code");
    for encoding in context.store.encodings.iter_mut().filter(|encoding| codes.contains(&encoding.file)) {
        encoding.error = None;
        encoding.schedule.start = context.now;
    }
    Ok(Success::message(format!("Encoding for file code: {} was restarted", codes.join(","))))
}

/// `encoding/delete` (Byse).
pub(crate) fn delete(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let codes = codes_of(call, "file_code");
    let before = context.store.encodings.len();
    context.store.encodings.retain(|encoding| !codes.contains(&encoding.file));
    if before == context.store.encodings.len() {
        return Err(Refusal::no_file());
    }
    Ok(Success::message(format!("Encoding for file code: {} was deleted", codes.join(","))))
}
