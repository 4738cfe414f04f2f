//! The forms of a request: a command, a script, or a pipeline of commands.

use std::future::Future;

use redis::{Cmd, Pipeline, RedisResult, ScriptInvocation, Value};

use crate::servers::Connection;

/// One round trip. A script that the server does not know yet takes three.
pub(crate) trait Request: Sync {
    fn send(&self, connection: &mut Connection) -> impl Future<Output = RedisResult<Value>> + Send;
}

impl Request for Cmd {
    async fn send(&self, connection: &mut Connection) -> RedisResult<Value> {
        self.query_async(connection).await
    }
}

impl Request for ScriptInvocation<'_> {
    async fn send(&self, connection: &mut Connection) -> RedisResult<Value> {
        self.invoke_async(connection).await
    }
}

impl Request for Pipeline {
    async fn send(&self, connection: &mut Connection) -> RedisResult<Value> {
        self.query_async(connection).await
    }
}
