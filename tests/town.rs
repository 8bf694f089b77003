//! The town that comes with the crate is exactly what its generator makes.

#[path = "../examples/make_town/town/mod.rs"]
mod town;

use std::error::Error;
use std::io::Read;
use std::path::Path;

/// Compressed layers are compared by their content: another release of the compressor may pack the same text otherwise.
#[test]
fn default_seed_reproduces_the_committed_town() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/town");
    let mut total = 0;
    for file in town::generate(town::SEED, 1.0) {
        let stored = std::fs::read(folder.join(file.name))?;
        total += stored.len();
        let text = if file.name.ends_with(".gz") { unpacked(&stored)? } else { stored };
        assert!(text == file.text.as_bytes(), "{} differs from what make_town writes: run it and commit the result", file.name);
    }
    assert!(total <= 2_000_000, "the town has grown to {total} bytes");
    Ok(())
}

#[test]
fn packed_layers_carry_no_time() -> Result<(), Box<dyn Error>> {
    for file in town::generate(7, 0.5).iter().filter(|file| file.name.ends_with(".gz")) {
        let packed = file.packed()?;
        assert_eq!(packed[4..8], [0; 4]);
        assert!(packed == file.packed()? && unpacked(&packed)? == file.text.as_bytes());
    }
    Ok(())
}

fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut text)?;
    Ok(text)
}
