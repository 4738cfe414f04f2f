//! The thumbnails of simulated videos. Each request draws the image, in colours that depend on the file's id, so that
//! two files look different.

use jpeg_encoder::{ColorType, Encoder};

use crate::content;

const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
const QUALITY: u8 = 70;

/// Draws slanted bands in two colours, as a JPEG.
pub(crate) fn draw(id: &str) -> Option<Vec<u8>> {
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
