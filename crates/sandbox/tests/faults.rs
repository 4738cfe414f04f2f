//! Broken answers and connections, as a client meets them.
