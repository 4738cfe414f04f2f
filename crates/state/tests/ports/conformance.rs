//! The conformance suite, run with two clones of a state in memory. They are two replicas that see everything at once.

use std::time::Duration;

use polyhost_state::State;
use polyhost_state::conformance::Fleet;

struct Memory([State; 2]);

impl Fleet for Memory {
    const GRAIN: Duration = Duration::from_nanos(1);

    fn replicas(&self) -> [&State; 2] {
        self.0.each_ref()
    }

    async fn advance(&self, time: Duration) {
        tokio::time::advance(time).await;
    }
}

fn memory() -> Memory {
    let state = State::in_memory();
    Memory([state.clone(), state])
}

macro_rules! in_memory {
    ($module:ident: $($kind:ident $name:ident)*) => {
        mod $module {
            $(in_memory! { $kind $module $name })*
        }
    };
    (timed $module:ident $name:ident) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            polyhost_state::conformance::$module::$name(&super::memory()).await;
        }
    };
    (concurrent $module:ident $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            polyhost_state::conformance::$module::$name(&super::memory()).await;
        }
    };
}

polyhost_state::conformance_tests!(in_memory);
