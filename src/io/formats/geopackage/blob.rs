//! The geometry of a GeoPackage: a header before well-known binary (clause 2.1.3).

use crate::io::formats::feature::Geometry;
use crate::io::formats::wkb;

/// Bytes of the envelope by its kind: none, xy, xyz, xym, xyzm.
const ENVELOPES: [usize; 5] = [0, 32, 48, 48, 64];

/// Reads a geometry of a table whose system is `srs_id`; the error says what is wrong.
pub(in crate::io) fn read(bytes: &[u8], srs_id: Option<i32>) -> Result<Geometry, String> {
    let Some(([b'G', b'P', version, flags, s0, s1, s2, s3], rest)) = bytes.split_first_chunk::<8>() else {
        return Err("its geometry has no GeoPackage header".into());
    };
    if *version != 0 {
        return Err(format!("its geometry has the version {version}, only 0 is known"));
    }
    if flags & 0x20 != 0 {
        return Err("its geometry is of an extended type, which only the program that wrote it can read".into());
    }
    let srs = [*s0, *s1, *s2, *s3];
    let srs = if flags & 1 == 0 { i32::from_be_bytes(srs) } else { i32::from_le_bytes(srs) };
    // some writers leave the number in the blob undefined (0, -1)
    if srs_id.is_some_and(|table| table > 0 && srs > 0 && table != srs) {
        return Err(format!("its geometry says the reference system is {srs}, its table says {}", srs_id.unwrap_or_default()));
    }
    let envelope = ENVELOPES.get(usize::from(flags >> 1 & 7)).ok_or("its geometry has an envelope of a kind that is not known")?;
    wkb::read(rest.get(*envelope..).ok_or("its geometry is cut off")?)
}

/// Writes header, envelope and geometry; nothing for shapes without a form of their own.
pub(in crate::io) fn write(geometry: &Geometry, multi: bool, srs_id: i32) -> Option<Vec<u8>> {
    let bounds = geometry.bounds();
    let empty = bounds.is_none();
    let mut out = vec![b'G', b'P', 0, 1 | if empty { 0x10 } else { 0x02 }];
    out.extend_from_slice(&srs_id.to_le_bytes());
    if let Some([west, south, east, north]) = bounds {
        [west, east, south, north].iter().for_each(|x| out.extend_from_slice(&x.to_le_bytes()));
    }
    wkb::write(&geometry.shape, multi, &mut out).then_some(out)
}
