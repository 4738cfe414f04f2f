//! The conformance suite, run with two replicas that share a server.

macro_rules! in_redis {
    ($_kind:ident $module:ident $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            use polyhost_state::conformance::{patient, $module};
            let pair = crate::fleet::Pair::start().await;
            patient($module::$name(&pair)).await;
        }
    };
}

polyhost_state::conformance_tests!(in_redis);
