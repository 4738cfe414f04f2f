//! The conformance suite, run with two replicas that share a server.

macro_rules! in_redis {
    ($module:ident: $($_kind:ident $name:ident)*) => {
        mod $module {
            use polyhost_state::conformance::{$module, patient};

            use crate::fleet::Pair;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                patient($module::$name(&Pair::start().await)).await;
            })*
        }
    };
}

polyhost_state::conformance_tests!(in_redis);
