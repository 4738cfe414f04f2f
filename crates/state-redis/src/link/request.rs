//! The forms of a request: a command, a script, or a pipeline of commands.

use std::future::Future;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisResult, ScriptInvocation, Value};

/// One round trip. A script that the server does not know yet takes three.
pub(crate) trait Request: Sync {
    fn send(&self, connection: &mut MultiplexedConnection) -> impl Future<Output = RedisResult<Value>> + Send;
}

impl Request for Cmd {
    async fn send(&self, connection: &mut MultiplexedConnection) -> RedisResult<Value> {
        self.query_async(connection).await
    }
}

impl Request for ScriptInvocation<'_> {
    async fn send(&self, connection: &mut MultiplexedConnection) -> RedisResult<Value> {
        self.invoke_async(connection).await
    }
}

impl Request for Pipeline {
    async fn send(&self, connection: &mut MultiplexedConnection) -> RedisResult<Value> {
        self.query_async(connection).await
    }
}
