//! `file/getsplash`, and the thumbnail that it leads to. Each request draws the image, in colours that depend on the
//! file's id, so that two files look different.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jpeg_encoder::{ColorType, Encoder};
use serde_json::Value;

use super::call::Call;
use super::reply::{Answer, Refusal};
use super::rows::Condition;
use super::site::{Context, Site};
use crate::{content, serve};

const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
const QUALITY: u8 = 70;

/// `file/getsplash`: the result is the URL itself.
pub(crate) fn address(context: &mut Context<'_>, call: &Call) -> Answer {
    let file = context.store.own_file(call.required("file")?)?;
    match file.condition {
        Condition::Sound => Ok(Value::String(format!("{}/i/{}/{}", context.origin, file.id, picture_name(&file.id)))),
        Condition::Broken => Err(Refusal::server_error()),
        Condition::Blocked => Err(Refusal::legal()),
    }
}

fn picture_name(id: &str) -> String {
    let name: String = content::sha1_of(id.as_bytes()).chars().take(8).collect();
    format!("{name}.jpg")
}

/// Returns the image. It needs no credentials.
pub(crate) async fn picture(State(site): State<Arc<Site>>, Path((file, picture)): Path<(String, String)>) -> Response {
    let exists = site.with(|context| context.store.files.contains_key(&file));
    if !exists || picture != picture_name(&file) {
        return serve::error_page(StatusCode::NOT_FOUND);
    }
    match draw(&file) {
        Some(jpeg) => ([(CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => serve::error_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Draws slanted bands in two colours.
fn draw(id: &str) -> Option<Vec<u8>> {
    let seed = content::digest(id.as_bytes());
    let [red, green, blue, band, ..] = *seed.as_slice() else { return None };
    let band = u16::from(band % 24) + 16;
    let pixels = (0..HEIGHT).flat_map(|row| {
        (0..WIDTH).flat_map(move |column| {
            let is_light = ((row + column) / band).is_multiple_of(2);
            if is_light { [red, green, blue] } else { [blue / 2, red / 2, green / 2] }
        })
    });
    let pixels: Vec<u8> = pixels.collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY).encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb).ok()?;
    Some(jpeg)
}
