//! One binary for all targets, which the environment chooses, so that the library is linked once:
//! `EVENGRID_TARGET=parquet cargo +nightly fuzz run one`.
#![no_main]

mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static BODY: std::sync::LazyLock<bodies::Body> = std::sync::LazyLock::new(|| {
        let wanted = std::env::var("EVENGRID_TARGET").unwrap_or_default();
        let names: Vec<&str> = bodies::TARGETS.iter().map(|t| t.0).collect();
        let found = bodies::TARGETS.iter().find(|t| t.0 == wanted);
        found.unwrap_or_else(|| panic!("EVENGRID_TARGET must be one of {}", names.join(", "))).1
    });
    BODY(data);
});
