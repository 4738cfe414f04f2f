//! Compresses the files of Swagger UI that the page uses. The other files of its archive would make the program larger.

#![allow(clippy::print_stdout, reason = "cargo reads instructions from the standard output")]

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, copy};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const USED: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(path) = entry.enclosed_name() else { continue };
        if let Some(name) = USED.iter().find(|name| path.ends_with(Path::new("dist").join(name))) {
            let target = File::create(Path::new(&folder).join(format!("{name}.gz")))?;
            let mut encoder = GzEncoder::new(target, Compression::best());
            copy(&mut entry, &mut encoder)?;
            encoder.finish()?;
        }
    }
    Ok(())
}
