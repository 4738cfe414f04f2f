//! `polyhost openapi`: the OpenAPI document.

use polyhost_gateway::api;

use super::{CommandError, print};

pub(super) fn run() -> Result<(), CommandError> {
    let document = api::pretty().map_err(|error| CommandError::failed("cannot write the document", error))?;
    print(document.trim_end())
}
