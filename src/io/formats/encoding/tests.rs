//! Encodings of shapefiles and tables: exact, or an error that names the place.

use crate::io::error::ReadError;
use crate::io::formats::delimited;
use crate::io::formats::encoding::{Flaw, decode, decode_whole_characters, named, of_language};
use crate::io::formats::feature::{Cell, Feature, Geometry, Reading};
use crate::io::formats::shapefile;
use crate::io::formats::shapefile::write::write_shapefile;
use crate::io::testing::{Folder, Kept, names};
use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};
use proptest::prelude::*;

const NAMES: [&str; 3] = ["鼓楼区中央路社区", "玄武门街道", "abc"];

fn bytes(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, lossy) = encoding.encode(text);
    assert!(!lossy, "{text}");
    bytes.into_owned()
}

/// A shapefile without shapes, with the bytes in a field `name` so wide.
fn table(texts: &[Vec<u8>], width: usize, language: u8, cpg: Option<&str>) -> Folder {
    let folder = Folder::new();
    let rows: Vec<_> = texts.iter().map(|_| Feature { id: Cell::Missing, cells: vec![], geometry: Geometry::default() }).collect();
    write_shapefile(&folder.path(), "t", &rows, &[], None).unwrap();
    let mut dbf = vec![3, 100, 1, 1];
    dbf.extend((texts.len() as u32).to_le_bytes());
    dbf.extend([65, 0, width as u8 + 1, 0]);
    dbf.extend([0; 17]);
    dbf.extend([language, 0, 0]);
    dbf.extend(b"name\0\0\0\0\0\0\0C\0\0\0\0");
    dbf.push(width as u8);
    dbf.extend([0; 15]);
    dbf.push(0x0d);
    for text in texts {
        dbf.push(b' ');
        dbf.extend(text.iter().chain(&[b' '; 255]).take(width));
    }
    folder.write("t.dbf", dbf);
    std::fs::remove_file(folder.path().join("t.cpg")).unwrap();
    cpg.into_iter().for_each(|c| folder.write("t.cpg", c));
    folder
}

fn shp(folder: &Folder, how: &Reading) -> Result<(Kept, Vec<String>), ReadError> {
    let mut kept = Kept::default();
    let read = shapefile::read(&folder.path().join("t.shp"), "t.shp", &names(&["name"]), how, &mut kept)?;
    Ok((kept, read.remarks))
}

fn csv(text: &[u8], how: &Reading) -> Result<Kept, ReadError> {
    let folder = Folder::new();
    folder.write("t.csv", text);
    let mut kept = Kept::default();
    delimited::read(&folder.path().join("t.csv"), "t.csv", &names(&["id", "名称"]), how, &mut kept)?;
    Ok(kept)
}

#[test]
fn names_of_encodings() {
    for (name, encoding) in [
        ("UTF-8", UTF_8),
        ("utf8\n", UTF_8),
        ("65001", UTF_8),
        ("GBK", GBK),
        ("gb2312", GBK),
        ("cp936", GBK),
        ("936", GBK),
        ("ANSI 936", GBK),
        ("OEM 936", GBK),
        ("MS936", GBK),
        ("windows-936", GBK),
        ("LDID/77", GBK),
        ("GB18030", GB18030),
        ("Big5", BIG5),
        ("950", BIG5),
        ("LDID/79", BIG5),
        ("latin1", WINDOWS_1252),
        ("ISO-8859-1", WINDOWS_1252),
        ("ISO 88591", WINDOWS_1252),
        ("88591", WINDOWS_1252),
        ("ANSI 1252", WINDOWS_1252),
        ("LDID/87", WINDOWS_1252),
        ("EUC-CN", GBK),
        ("\u{feff}GBK\0", GBK),
    ] {
        assert_eq!(named(name).map(Encoding::name), Some(encoding.name()), "{name}");
    }
    assert_eq!(decode(b"a\x81", WINDOWS_1252), Err(Flaw::Invalid));
    for name in ["", "martian", "utf-16le", "utf-7", "replacement", "LDID/999"] {
        assert_eq!(named(name), None, "{name}");
    }
    assert_eq!(
        (of_language(0x4d), of_language(0x78), of_language(0x57), of_language(0)),
        (Some(GBK), Some(BIG5), Some(WINDOWS_1252), None)
    );
}

#[test]
fn encodings_of_shapefiles() {
    let is = |encoding| NAMES.map(|n| bytes(n, encoding)).to_vec();
    // what the texts are in, the language byte, the .cpg, what must be found, remarks
    for (encoding, language, cpg, found, remarks) in [
        (GBK, 0, Some("GBK"), "GBK", 0),
        (GBK, 0, Some("ANSI 936"), "GBK", 0),
        (GBK, 0x4d, None, "GBK", 0),
        (GBK, 0, None, "gb18030", 0),
        (GBK, 0, Some("UTF-8"), "gb18030", 1),
        (GBK, 0x4d, Some("UTF-8"), "GBK", 1),
        (GBK, 0x57, None, "gb18030", 1),
        (GBK, 0x57, Some("ISO-8859-1"), "gb18030", 2),
        (GBK, 0, Some("martian"), "gb18030", 1),
        (UTF_8, 0, Some("UTF-8"), "UTF-8", 0),
        (UTF_8, 0, None, "UTF-8", 0),
        (UTF_8, 0, Some("GBK"), "UTF-8", 1),
        (UTF_8, 0x4d, Some("GBK"), "UTF-8", 2),
        (UTF_8, 0x57, None, "UTF-8", 1),
        (GB18030, 0, Some("GB18030"), "gb18030", 0),
    ] {
        let (kept, _) = shp(&table(&is(encoding), 40, language, cpg), &Reading::default()).unwrap();
        let case = format!("{} 0x{language:02x} {cpg:?}: {:?}", encoding.name(), kept.head);
        assert_eq!(kept.texts().concat(), NAMES, "{case}");
        assert!(kept.head.encoding.as_ref().unwrap().starts_with(found), "{case}");
        assert_eq!(kept.head.remarks.len(), remarks, "{case}");
    }
    let big5 = ["臺北市", "高雄市"].map(|t| bytes(t, BIG5)).to_vec();
    for (language, cpg) in [(0x78, None), (0, Some("big5"))] {
        assert_eq!(shp(&table(&big5, 20, language, cpg), &Reading::default()).unwrap().0.texts().concat(), ["臺北市", "高雄市"]);
    }
    let french = ["Île", "café noir"].map(|t| bytes(t, WINDOWS_1252)).to_vec();
    let valid_gbk = ["étage", "Élan"].map(|t| bytes(t, WINDOWS_1252)).to_vec();
    assert!(valid_gbk.iter().all(|t| decode(t, GBK).is_ok()));
    assert_eq!(shp(&table(&valid_gbk, 20, 0x57, None), &Reading::default()).unwrap().0.texts().concat(), ["étage", "Élan"]);
    let (kept, _) = shp(&table(&valid_gbk, 20, 0, None), &Reading::default()).unwrap();
    assert!(kept.head.remarks[0].contains("may be in a Western code page"), "{:?}", kept.head);
    for (language, cpg) in [(0x57, None), (3, None), (0, Some("ISO-8859-1"))] {
        assert_eq!(shp(&table(&french, 20, language, cpg), &Reading::default()).unwrap().0.texts().concat(), ["Île", "café noir"]);
    }
    // the user's word, against all others
    let how = Reading { encoding: Some("big5".into()), ..Reading::default() };
    assert_eq!(shp(&table(&big5, 20, 0x4d, Some("GBK")), &how).unwrap().0.texts().concat(), ["臺北市", "高雄市"]);
    let how = Reading { encoding: Some("utf-8".into()), ..Reading::default() };
    let error = shp(&table(&is(GBK), 40, 0x4d, None), &how).unwrap_err().to_string();
    assert!(error.contains("t.dbf: record 1, field 'name': the bytes B9 C4 C2 A5") && error.contains("no text in UTF-8"), "{error}");
    let how = Reading { encoding: Some("martian".into()), ..Reading::default() };
    assert!(matches!(shp(&table(&is(GBK), 40, 0, None), &how), Err(ReadError::UnknownEncoding { .. })));
}

#[test]
fn text_cut_at_the_width_of_its_field_is_an_error_or_told() {
    for (encoding, width, kept_text) in
        [(UTF_8, 10, "鼓楼区"), (UTF_8, 11, "鼓楼区"), (UTF_8, 4, "鼓"), (GBK, 9, "鼓楼区中"), (GB18030, 7, "鼓楼区")]
    {
        let texts = NAMES.map(|n| bytes(n, encoding)).to_vec();
        for (language, cpg) in [(0, Some(encoding.name())), (0, None), (0x4d, None)] {
            let folder = table(&texts, width, language, cpg);
            let error = shp(&folder, &Reading::default()).unwrap_err();
            assert!(matches!(&error, ReadError::CutText { record: 1, field, .. } if field == "name"), "{error}");
            let (kept, remarks) = shp(&folder, &Reading { keep_cut_text: true, ..Reading::default() }).unwrap();
            assert_eq!(kept.texts()[0], [kept_text], "{}", encoding.name());
            assert!(remarks[0].starts_with("field 'name': 2 texts are cut") || width == 11, "{remarks:?}");
        }
    }
}

#[test]
fn text_that_was_lost_before_or_is_damaged() {
    for text in ["中\u{fffd}文", "锟斤拷"] {
        let error = shp(&table(&[bytes(text, UTF_8)], 30, 0, None), &Reading::default()).unwrap_err();
        assert!(matches!(error, ReadError::LostText { record: 1, .. }), "{error}");
    }
    assert!(matches!(csv(&bytes("id,名称\n1,锟斤拷\n", GBK), &Reading::default()), Err(ReadError::LostText { record: 1, .. })));
    // one wrong byte does not turn a file in UTF-8 into one in GBK
    let mut text = bytes("id,名称\n1,鼓楼区中央路社区\n2,玄武门街道\n3,好\n", UTF_8);
    let at = text.len() - 3;
    text[at] = b'x';
    let error = csv(&text, &Reading::default()).unwrap_err().to_string();
    assert!(error.contains("record 3, field '名称': the bytes E5 78 BD are no text in UTF-8"), "{error}");
}

#[test]
fn encodings_of_tables() {
    let text = "id,名称\r\n1,鼓楼区\r\n2,\"朱镕基,㐂𠮷\"\r\n";
    let four = "id,名称\n1,㐀㐁\n2,𠀀é\n";
    let is = |t: &str, encoding: &'static Encoding| bytes(t, encoding);
    for (bytes, found, last) in [
        (is(text, UTF_8), "UTF-8 (all text", "朱镕基,㐂𠮷"),
        (is(&format!("\u{feff}{text}"), UTF_8), "UTF-8 (byte order mark)", "朱镕基,㐂𠮷"),
        (is(text, GB18030), "gb18030", "朱镕基,㐂𠮷"),
        (is(four, GB18030), "gb18030", "𠀀é"),
    ] {
        let kept = csv(&bytes, &Reading::default()).unwrap();
        assert!(kept.head.encoding.as_ref().unwrap().starts_with(found), "{:?}", kept.head);
        assert_eq!(kept.texts()[1], ["2", last]);
        assert!(kept.head.remarks.is_empty(), "{:?}", kept.head);
    }
    let how = Reading { encoding: Some("big5".into()), ..Reading::default() };
    assert_eq!(csv(&is("id,名稱\n1,臺北\n", BIG5), &how).unwrap().head.fields[1].name, "名稱");
    // characters across the borders of what is read at a time
    for shift in 0..4 {
        let names: Vec<String> = (0..60_000).map(|i| format!("区{}", "长".repeat(i % 5))).collect();
        let text = format!("id,名称{}\n", "a".repeat(shift)) + &names.iter().map(|n| format!("1,{n}\n")).collect::<String>();
        let kept = csv(text.as_bytes(), &Reading::default()).unwrap();
        assert!(kept.head.encoding.as_ref().unwrap().starts_with("UTF-8 (all"), "{:?}", kept.head);
        assert!(shift > 0 || kept.texts().iter().map(|t| &t[1]).eq(&names));
    }
    // of a file cut off inside a character nothing is read as something else
    let cut = is("id,名称\n1,鼓楼区\n2,玄武", UTF_8);
    let error = csv(&cut[..cut.len() - 1], &Reading::default()).unwrap_err();
    assert!(matches!(error, ReadError::CutText { record: 2, .. }), "{error}");
}

proptest! {
    #[test]
    fn decoding_is_exact_or_fails(raw in prop::collection::vec(any::<u8>(), 0..40), label in 0usize..5) {
        let encoding = [UTF_8, GBK, GB18030, BIG5, WINDOWS_1252][label];
        for text in [decode(&raw, encoding), decode_whole_characters(&raw, encoding)].into_iter().flatten() {
            let replaced = text.contains('\u{fffd}');
            prop_assert!(!replaced);
        }
        if let (Ok(text), true) = (decode(&raw, encoding), label == 0 || label == 2) {
            let back = encoding.encode(&text).0.into_owned();
            // two bytes of GB18030 have a second spelling
            prop_assert!(back == raw || (label == 2 && decode(&back, encoding) == Ok(text.clone())));
        }
    }

    #[test]
    fn chinese_text_is_found_in_either_encoding(texts in prop::collection::vec("[一-龥]{2,8}", 1..20), utf8 in any::<bool>(), language in 0usize..3) {
        let encoding = if utf8 { UTF_8 } else { GB18030 };
        let folder = table(&texts.iter().map(|t| bytes(t, encoding)).collect::<Vec<_>>(), 40, [0, 0x4d, 0x7a][language], None);
        match shp(&folder, &Reading::default()) {
            // a few characters may mean something in both
            Err(error) => prop_assert!(texts.len() < 4 && matches!(error, ReadError::Undecodable { .. } | ReadError::CutText { .. }), "{}", error),
            Ok((kept, _)) if kept.texts().concat() != texts => prop_assert!(texts.len() < 4 && kept.head.remarks.len() == 1, "{:?}", kept),
            Ok(_) => {}
        }
    }
}
