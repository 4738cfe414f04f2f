//! `/v1/accounts/{account}/events`: changes of remote uploads and conversions, as server-sent events.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use polyhost_domain::{Capability, Conversion, RemoteUpload};
use polyhost_engine::events::{Message, Subject};
use polyhost_engine::problem::{Fault, Faults, Problem, ProblemBody};
use polyhost_engine::progress;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, Ref, Type};
use utoipa::{IntoParams, ToSchema};

use super::paths::AccountPath;
use crate::app::App;
use crate::auth::expired;
use crate::context::RequestContext;
use crate::extract::{Access, StrictQuery};
use crate::problem::{EventProblems, Failure};

/// The maximum number of objects of each kind in one stream: as many as a site reports in one response.
const MAX_OBJECTS: usize = 100;
/// The time that a caller should wait before it reconnects after the end of a stream.
const RETRY: Duration = Duration::from_secs(3);
/// The longest time without data on a stream. Proxies and load balancers close connections that are silent for half a
/// minute or more.
const SILENCE: Duration = Duration::from_secs(15);

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Keeps nginx, and other proxies that support this field, from buffering events.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The objects to watch: at least one remote upload or file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventParameters {
    /// The ids of remote uploads. Repeat the parameter for each.
    #[serde(default)]
    #[param(value_type = Option<BTreeSet<String>>, nullable = false, max_items = 100, example = json!(["51"]))]
    pub remote_upload: Vec<String>,
    /// The ids of files whose conversions to watch. Repeat the parameter for each.
    #[serde(default)]
    #[param(value_type = Option<BTreeSet<String>>, nullable = false, max_items = 100)]
    pub conversion: Vec<String>,
}

/// The header field for resuming a stream.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read from the request's header fields")]
pub(crate) struct EventConditions {
    /// The `id` of the last event that the caller received. Objects that have not changed since then are not sent
    /// again.
    #[param(rename = "Last-Event-ID", value_type = Option<String>, nullable = false)]
    last_event_id: Option<String>,
}

/// An event of the stream. Its fields are `event`, `id` and `data`; `data` is one line of JSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "event")]
#[schema(example = json!({
    "event": "conversion.updated", "id": "5b0ecf2c7e1d5a86f1c7b5f3a7f8f0a1",
    "data": "{\"id\":\"451984984\",\"account\":\"main\",\"provider\":\"pstream\",\"file_id\":\"LbVwPmA47\",\
        \"name\":\"a.avi\",\"state\":\"running\",\"raw_state\":\"processing\",\"progress_percent\":57.0,\"retries\":0,\
        \"updated_at\":null,\
        \"page_url\":null}"
}))]
#[expect(dead_code, reason = "a type of the OpenAPI document alone")]
pub(crate) enum StreamEvent {
    /// The current state of a remote upload.
    #[serde(rename = "remote_upload.updated")]
    RemoteUpload {
        /// The value for `Last-Event-ID`: identifies the state of all objects after this event.
        #[schema(example = "5b0ecf2c7e1d5a86f1c7b5f3a7f8f0a1")]
        id: String,
        /// The remote upload.
        #[schema(schema_with = line_of::<RemoteUpload>)]
        data: RemoteUpload,
    },
    /// The current state of a conversion.
    #[serde(rename = "conversion.updated")]
    Conversion {
        /// The value for `Last-Event-ID`: identifies the state of all objects after this event.
        #[schema(example = "5b0ecf2c7e1d5a86f1c7b5f3a7f8f0a1")]
        id: String,
        /// The conversion.
        #[schema(schema_with = line_of::<Conversion>)]
        data: Conversion,
    },
    /// The site could not be reached or reported an error. The stream continues if `retryable` is true; otherwise it
    /// ends.
    #[serde(rename = "error")]
    Error {
        /// The problem.
        #[schema(schema_with = line_of::<ProblemBody>)]
        data: ProblemBody,
    },
}

/// Returns the schema of a string that contains JSON of another schema, since the fields of an event are strings.
fn line_of<T: ToSchema>() -> Object {
    Object::builder()
        .schema_type(Type::String)
        .description(Some(format!("A {} as JSON, on one line.", T::name())))
        .content_media_type("application/json")
        .content_schema(Some(Ref::from_schema_name(T::name())))
        .build()
}

/// Watch remote uploads and conversions.
///
/// Returns server-sent events. The stream begins with the current state of each object, then sends each change. It ends
/// when all objects have succeeded, failed or been cancelled. After 15 seconds without an event, a comment is sent.
///
/// The stream also ends when the gateway shuts down or the caller's key expires. It ends, too, when a reload of the
/// configuration changes the caller or the account. Then wait as long as `retry` says, and reconnect with
/// `Last-Event-ID`. If all objects have ended and the caller has received their last states, the response is 204, after
/// which browsers stop reconnecting.
///
/// The gateway polls the site once for all streams, every 2 to 15 seconds. OpenLoad dialect: `remotedl/status`,
/// `file/converts`. YetiShare dialect: `file/url_upload_status`; it reports no conversions.
#[utoipa::path(get, path = "/v1/accounts/{account}/events", tag = "Events",
    params(AccountPath, EventParameters, EventConditions),
    responses(
        (status = 200, description = "A stream of events", body = StreamEvent,
            content_type = "text/event-stream"),
        (status = 204, description = "All objects have ended, and the caller has received their last states"),
        EventProblems
    ))]
pub(crate) async fn watch_events(
    State(app): State<App>,
    access: Access,
    StrictQuery(parameters): StrictQuery<EventParameters>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let subjects = subjects(&access, &parameters)?;
    let last_event = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    progress::asks(&access.profile().origin.provider);
    let mut subscription = app.events().subscribe(&access.account, subjects, context.occurrence.clone());
    let waiting = polyhost_upstream::wait();
    subscription.begin(last_event).await?;
    drop(waiting);
    if subscription.is_finished() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Access { account, client, .. } = access;
    let end = async move {
        tokio::select! {
            () = expired(&client) => {}
            () = app.rosters().left_behind(&client, &account) => {}
        }
    };
    Ok(response(subscription.messages(), end))
}

/// Returns the response that streams the messages until they end or `end` resolves.
fn response(
    messages: impl Stream<Item = Message> + Send + 'static,
    end: impl Future<Output = ()> + Send + 'static,
) -> Response {
    let alive = KeepAlive::new().interval(SILENCE).text("nothing new");
    let fields = [(CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
    (fields, Sse::new(events(messages).take_until(Box::pin(end))).keep_alive(alive)).into_response()
}

/// Returns the objects to watch, in the order in which they are reported.
fn subjects(access: &Access, parameters: &EventParameters) -> Result<Vec<Subject>, Problem> {
    let EventParameters { remote_upload, conversion } = parameters;
    let mut faults = Faults::default();
    for (name, ids) in [("remote_upload", remote_upload), ("conversion", conversion)] {
        if ids.len() > MAX_OBJECTS {
            faults.push(Fault::parameter(name, format!("must not be repeated more than {MAX_OBJECTS} times")));
        }
        if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
            faults.push(Fault::parameter(name, "names the same id twice"));
        }
    }
    if remote_upload.is_empty() && conversion.is_empty() {
        faults.push(Fault::parameter("remote_upload", "is missing, and so is conversion"));
    }
    if !faults.is_empty() {
        return Err(faults.into());
    }
    for (ids, capability) in [(remote_upload, Capability::RemoteUploadsRead), (conversion, Capability::ConversionsList)]
    {
        if !ids.is_empty() {
            access.require(capability)?;
        }
    }
    let uploads = remote_upload.iter().map(|id| access.remote_upload_id(id).map(Subject::RemoteUpload));
    let files = conversion.iter().map(|id| access.file_id(id).map(Subject::Conversions));
    let mut subjects = uploads.chain(files).collect::<Result<Vec<_>, Problem>>()?;
    subjects.sort();
    Ok(subjects)
}

fn events(messages: impl Stream<Item = Message>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::iter([Event::default().retry(RETRY)]).chain(messages.map(|message| event(&message))).map(Ok)
}

fn event(message: &Message) -> Event {
    let event = Event::default().event(message.name);
    let event = match &message.id {
        Some(id) => event.id(id),
        None => event,
    };
    event.data(&message.data)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::BodyDataStream;
    use tokio::time::{Instant, sleep};

    use super::*;

    const WAIT: Duration = Duration::from_secs(45);

    fn message(name: &'static str, id: Option<&str>, data: &str) -> Message {
        Message { name, id: id.map(str::to_owned), data: data.into() }
    }

    async fn next(body: &mut BodyDataStream) -> String {
        let chunk = body.next().await.expect("the stream goes on").unwrap();
        String::from_utf8(chunk.to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn stream_sends_comments_while_there_are_no_events() {
        let updates = stream::iter([message("remote_upload.updated", Some("a1"), "{\"id\":\"1\"}")]);
        let errors = stream::once(async {
            sleep(WAIT + Duration::from_secs(1)).await;
            message("error", None, "{\"type\":\"/problems/x\"}")
        });
        let answer = response(updates.chain(errors), std::future::pending());
        for (name, value) in
            [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
        {
            assert_eq!(answer.headers()[name], value);
        }
        let mut body = answer.into_body().into_data_stream();
        assert_eq!(next(&mut body).await, "retry: 3000\n\n");
        assert_eq!(next(&mut body).await, "event: remote_upload.updated\nid: a1\ndata: {\"id\":\"1\"}\n\n");
        for _ in 0..3 {
            let began = Instant::now();
            assert_eq!(next(&mut body).await, ": nothing new\n\n");
            assert!(began.elapsed() <= SILENCE + Duration::from_millis(2), "{:?}", began.elapsed());
        }
        assert_eq!(next(&mut body).await, "event: error\ndata: {\"type\":\"/problems/x\"}\n\n");
        assert!(body.next().await.is_none());
    }

    #[tokio::test]
    async fn dropped_response_drops_its_messages() {
        let held = Arc::new(());
        let given = Arc::clone(&held);
        let messages = stream::once(async move {
            let _given = given;
            std::future::pending().await
        });
        let answer = response(messages, std::future::pending());
        assert_eq!(Arc::strong_count(&held), 2);
        drop(answer);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
