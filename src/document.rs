//! Data of a stage as a JSON document that says what it is, and in which version of its form.
//!
//! A form may get further keys with defaults and keeps its version then. Any other change gives it the next version, and a [`Step`] that
//! makes it of the one before: documents of every earlier version are read, those of a later one are an error that says so.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Changes a document of one version to the next one. The error says what cannot be changed.
pub type Step = fn(&mut Value) -> Result<(), String>;

/// Data that is a document of its own.
///
/// ```
/// use evengrid::document::{read, write};
/// use evengrid::territory::layers::Layers;
///
/// let layers = Layers::default();
/// let text = write(&layers)?;
/// assert!(text.starts_with(r#"{"kind":"layers","schema":1,"data":{"#));
/// assert_eq!(read::<Layers>(&text)?, layers);
/// # Ok::<(), evengrid::document::DocumentError>(())
/// ```
pub trait Document: Serialize + DeserializeOwned {
    /// What it is.
    const KIND: &'static str;
    /// From version 1 to 2, from 2 to 3, and so on to the version of today.
    const STEPS: &'static [Step] = &[];

    /// Why the data contradicts itself, such as by a number that refers to nothing. What is read holds it.
    fn consistent(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Version of the form of today.
pub const fn schema<T: Document>() -> u32 {
    T::STEPS.len() as u32 + 1
}

/// Why a document could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is no JSON, or a key is missing or has a value of another form.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is something else.
    #[error("it is a document of the kind '{found}', and one of the kind '{wanted}' is needed")]
    Kind {
        /// What it is.
        found: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Its form is of a version that there is not, or not yet.
    #[error("it has schema {found}, and this version reads schema 1 to {latest}")]
    Schema {
        /// Its version.
        found: u32,
        /// The latest that is known.
        latest: u32,
    },
    /// It could not be made a document of today.
    #[error("it has schema {schema} and cannot be made schema {}: {cause}", schema + 1)]
    Step {
        /// Version that could not be left.
        schema: u32,
        /// What is wrong.
        cause: String,
    },
    /// It contradicts itself.
    #[error("{0}")]
    Inconsistent(String),
}

#[derive(Serialize)]
struct Written<'a, T> {
    kind: &'a str,
    schema: u32,
    data: &'a T,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    schema: u32,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Writes `{"kind": …, "schema": …, "data": …}`.
pub fn write<T: Document>(data: &T) -> Result<String, DocumentError> {
    Ok(serde_json::to_string(&Written { kind: T::KIND, schema: schema::<T>(), data })?)
}

/// Reads what [`write()`] wrote, today or with an earlier version.
pub fn read<T: Document>(text: &str) -> Result<T, DocumentError> {
    let head: Head = serde_json::from_str(text)?;
    if head.kind != T::KIND {
        return Err(DocumentError::Kind { found: head.kind.into_owned(), wanted: T::KIND });
    }
    of_schema(head.schema, head.data.get())
}

/// Reads a file that says its schema among its own keys, as those of a plan do.
pub fn read_flat<T: Document>(text: &str) -> Result<T, DocumentError> {
    #[derive(Deserialize)]
    struct Flat {
        schema: u32,
    }
    of_schema(serde_json::from_str::<Flat>(text)?.schema, text)
}

fn of_schema<T: Document>(found: u32, text: &str) -> Result<T, DocumentError> {
    let latest = schema::<T>();
    let data: T = if found == latest {
        serde_json::from_str(text)?
    } else if found == 0 || found > latest {
        return Err(DocumentError::Schema { found, latest });
    } else {
        let mut value: Value = serde_json::from_str(text)?;
        for (schema, step) in (1..).zip(T::STEPS).skip(found as usize - 1) {
            step(&mut value).map_err(|cause| DocumentError::Step { schema, cause })?;
        }
        serde_json::from_value(value)?
    };
    data.consistent().map_err(DocumentError::Inconsistent)?;
    Ok(data)
}

/// A number that may be none (NaN): `null` in JSON.
pub(crate) mod or_nan {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(number: &f64, s: S) -> Result<S::Ok, S::Error> {
        Some(*number).filter(|n| !n.is_nan()).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(d)?.unwrap_or(f64::NAN))
    }
}

/// An integer that is larger than numbers of JSON: digits in a text.
pub(crate) mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &i128, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i128, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Had a `size` once, then `width` and `height`, which were texts at first.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sheet {
        width: u32,
        height: u32,
    }

    fn halve(v: &mut Value) -> Result<(), String> {
        let size = v["size"].as_str().ok_or("it has no size")?.to_string();
        *v = json!({ "width": size, "height": size });
        Ok(())
    }

    fn numbers(v: &mut Value) -> Result<(), String> {
        for key in ["width", "height"] {
            let number: u32 = v[key].as_str().unwrap_or_default().parse().map_err(|_| format!("{key} is no number"))?;
            v[key] = number.into();
        }
        Ok(())
    }

    impl Document for Sheet {
        const KIND: &'static str = "sheet";
        const STEPS: &'static [Step] = &[halve, numbers];
        fn consistent(&self) -> Result<(), String> {
            if self.width == 0 { Err("it has no width".into()) } else { Ok(()) }
        }
    }

    #[test]
    fn earlier_versions_are_read() {
        let sheet = Sheet { width: 3, height: 3 };
        let text = write(&sheet).unwrap();
        assert_eq!(text, r#"{"kind":"sheet","schema":3,"data":{"width":3,"height":3}}"#);
        for text in [
            &text,
            r#"{"kind":"sheet","schema":2,"data":{"width":"3","height":"3"}}"#,
            r#"{"schema":1,"kind":"sheet","data":{"size":"3"}}"#,
        ] {
            assert_eq!(read::<Sheet>(text).unwrap(), sheet, "{text}");
        }
        assert_eq!(read_flat::<Sheet>(r#"{"schema":3,"width":3,"height":3}"#).unwrap(), sheet);
        assert_eq!(read_flat::<Sheet>(r#"{"schema":1,"size":"3"}"#).unwrap(), sheet);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            (r#"{"kind":"sheet","schema":4,"data":{}}"#, "it has schema 4, and this version reads schema 1 to 3"),
            (r#"{"kind":"sheet","schema":0,"data":{}}"#, "it has schema 0, and this version reads schema 1 to 3"),
            (r#"{"kind":"plan","schema":3,"data":{}}"#, "it is a document of the kind 'plan', and one of the kind 'sheet' is needed"),
            (r#"{"kind":"sheet","schema":1,"data":{}}"#, "it has schema 1 and cannot be made schema 2: it has no size"),
            (r#"{"kind":"sheet","schema":1,"data":{"size":"x"}}"#, "it has schema 2 and cannot be made schema 3: width is no number"),
            (r#"{"kind":"sheet","schema":2,"data":{"width":"0","height":"1"}}"#, "it has no width"),
            (r#"{"kind":"sheet","schema":3,"data":{"width":1}}"#, "missing field `height` at line 1 column 11"),
            (r#"{"kind":"sheet","schema":3"#, "EOF while parsing an object at line 1 column 26"),
        ] {
            assert_eq!(read::<Sheet>(text).unwrap_err().to_string(), why, "{text}");
        }
    }
}
