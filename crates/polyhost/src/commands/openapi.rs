//! `polyhost openapi`: the OpenAPI document.

use polyhost_gateway::openapi;

use super::{CommandError, print};

pub(super) fn run() -> Result<(), CommandError> {
    let document = openapi::pretty().map_err(|error| CommandError::failed("cannot write the document", error))?;
    print(document.trim_end())
}
