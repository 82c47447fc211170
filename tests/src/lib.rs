//! The harness of the tests that see the whole gateway.
