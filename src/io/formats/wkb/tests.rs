use super::*;
use crate::io::formats::testing::shape;
use proptest::prelude::*;

/// How a file may write the same shape.
#[derive(Clone, Copy, Debug)]
struct Dialect {
    big: bool,
    z: bool,
    m: bool,
    /// EWKB, with a system where that is true.
    ewkb: Option<bool>,
}

impl Dialect {
    fn number(self, n: u32, out: &mut Vec<u8>) {
        out.extend(if self.big { n.to_be_bytes() } else { n.to_le_bytes() });
    }

    fn head(self, kind: u32, out: &mut Vec<u8>) {
        out.push(u8::from(!self.big));
        let (z, m) = (u32::from(self.z), u32::from(self.m));
        match self.ewkb {
            None => self.number(kind + 1000 * z + 2000 * m, out),
            Some(system) => {
                self.number(kind | z << 31 | m << 30 | u32::from(system) << 29, out);
                if system {
                    self.number(4490, out);
                }
            }
        }
    }

    fn position(self, c: Coord<f64>, out: &mut Vec<u8>) {
        for x in [Some(c.x), Some(c.y), self.z.then_some(7.0), self.m.then_some(f64::NAN)].into_iter().flatten() {
            out.extend(if self.big { x.to_be_bytes() } else { x.to_le_bytes() });
        }
    }

    fn line(self, line: &LineString<f64>, out: &mut Vec<u8>) {
        self.number(line.0.len() as u32, out);
        line.0.iter().for_each(|c| self.position(*c, out));
    }

    /// As multi types.
    fn shape(self, shape: &Shape) -> Vec<u8> {
        let mut out = Vec::new();
        match shape {
            Shape::Points(points) => {
                self.head(4, &mut out);
                self.number(points.len() as u32, &mut out);
                for c in points {
                    self.head(1, &mut out);
                    self.position(*c, &mut out);
                }
            }
            Shape::Lines(lines) => {
                self.head(5, &mut out);
                self.number(lines.0.len() as u32, &mut out);
                for line in &lines.0 {
                    self.head(2, &mut out);
                    self.line(line, &mut out);
                }
            }
            Shape::Areas(areas) => {
                self.head(6, &mut out);
                self.number(areas.0.len() as u32, &mut out);
                for area in &areas.0 {
                    self.head(3, &mut out);
                    self.number(1 + area.interiors().len() as u32, &mut out);
                    std::iter::once(area.exterior()).chain(area.interiors()).for_each(|r| self.line(r, &mut out));
                }
            }
            _ => unreachable!(),
        }
        out
    }
}

fn dialect() -> impl Strategy<Value = Dialect> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<Option<bool>>()).prop_map(|(big, z, m, ewkb)| Dialect { big, z, m, ewkb })
}

fn written(shape: &Shape, multi: bool) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(write(shape, multi, &mut out));
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read(shape in shape(), multi in any::<bool>()) {
        let geometry = read(&written(&shape, multi)).unwrap();
        prop_assert_eq!(Some(&*geometry.kind), name(&shape, multi));
        prop_assert_eq!((geometry.shape, geometry.unclosed, geometry.empty_parts), (shape, 0, 0));
    }

    #[test]
    fn all_dialects_are_read(shape in shape(), dialect in dialect()) {
        prop_assert_eq!(read(&dialect.shape(&shape)).unwrap().shape, shape);
    }

    #[test]
    fn cut_or_longer_is_an_error(shape in shape(), dialect in dialect(), at in any::<prop::sample::Index>()) {
        let mut bytes = dialect.shape(&shape);
        prop_assert!(read(&bytes[..at.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(shape in shape(), dialect in dialect(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9)) {
        let mut bytes = dialect.shape(&shape);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(geometry) = read(&bytes) {
            prop_assert!(geometry.positions().count() <= bytes.len() / 8);
        }
    }
}

#[test]
fn claimed_counts_take_no_memory() {
    for kind in 2..=6u32 {
        let mut bytes = vec![1];
        bytes.extend(kind.to_le_bytes());
        bytes.extend(u32::MAX.to_le_bytes());
        assert!(read(&bytes).unwrap_err().contains("cut off"));
    }
}

#[test]
fn other_types() {
    let read = |hex: &str| read(&(0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect::<Vec<_>>());
    let empty = read("0101000000000000000000f87f000000000000f87f").unwrap();
    assert_eq!((&*empty.kind, empty.shape), ("Point", Shape::points([])));
    let collection = read("010700000000000000").unwrap();
    assert_eq!((&*collection.kind, collection.shape), ("GeometryCollection", Shape::Other));
    assert_eq!(read("01f7030000").unwrap().kind, "PolyhedralSurface");
    assert!(read("0112000000").unwrap_err().contains("type 18"));
    assert!(read("0201000000").unwrap_err().contains("byte order 2"));
    // a line within a multipoint
    assert!(read("010400000001000000010200000000000000").unwrap_err().contains("parts of the type 2"));
    let open =
        read("0103000000010000000300000000000000000000000000000000000000000000000000f03f0000000000000000000000000000f03f000000000000f03f");
    assert_eq!(open.unwrap().unclosed, 1);
}
