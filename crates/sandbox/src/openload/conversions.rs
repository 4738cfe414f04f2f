//! `file/converts`: the conversions of files, which start automatically when a video is stored.

use serde_json::{Number, Value, json};

use super::call::Call;
use super::options::{ConvertsFilter, ProgressScale};
use super::reply::{self, Answer};
use super::rows::{Conversion, File};
use super::site::Context;
use crate::progress::Stage;

/// `file/converts`: the newest first. An unknown file has no conversions, which is not an error.
pub(crate) fn list(context: &mut Context<'_>, call: &Call) -> Answer {
    let wanted = match context.options.converts_filter {
        ConvertsFilter::Either => call.optional("file").or_else(|| call.optional("id")),
        ConvertsFilter::File => call.optional("file"),
        ConvertsFilter::Id => call.optional("id"),
    };
    let rows = context.store.conversions.iter().rev().filter_map(|(id, conversion)| {
        let file = context.store.files.get(&conversion.file)?;
        let is_wanted = file.own && wanted.is_none_or(|wanted| wanted == file.id);
        is_wanted.then(|| row(context, *id, conversion, file))
    });
    Ok(rows.take(call.limit()).collect())
}

fn row(context: &Context<'_>, id: u64, conversion: &Conversion, file: &File) -> Value {
    let stage = conversion.schedule.stage(context.now);
    json!({
        "name": file.name,
        // These are texts in the sample on the site's API page, unlike the progress.
        "id": id.to_string(),
        "retries": conversion.retries.to_string(),
        "status": status(stage, conversion.fails),
        "last_update": reply::date_time(conversion.schedule.last_update(context.now)),
        "progress": context.options.number(progress(context.options.progress_scale, stage)),
        "link": format!("{}/v/{}", context.origin, file.id),
        "linkextid": file.id,
    })
}

fn status(stage: Stage, fails: bool) -> &'static str {
    match (stage, fails) {
        (Stage::Waiting | Stage::Running(_), _) => "pending",
        (Stage::Done, false) => "finished",
        (Stage::Done, true) => "failed",
    }
}

/// Returns the progress as a whole percentage, or as a fraction with two digits.
fn progress(scale: ProgressScale, stage: Stage) -> Number {
    let done = match stage {
        Stage::Waiting => 0.0,
        Stage::Running(done) => done,
        Stage::Done => 1.0,
    };
    let percent = (done * 100.0).floor();
    match scale {
        ProgressScale::Percent => Number::from(percent as u64),
        ProgressScale::Fraction => Number::from_f64(percent / 100.0).unwrap_or_else(|| Number::from(0)),
    }
}
