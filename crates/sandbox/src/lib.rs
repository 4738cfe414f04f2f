//! The upstreams, simulated faithfully.
