//! Templates of display codes: literal text and fields in braces.

use super::fault::nearest;
use std::fmt;

/// A checked template, such as `{code:1-12}{serial:3}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its parts in order; one or more.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// Id of the division.
    Id,
    /// Official code of the division, its id where it has none; characters from … to, counted from 1, or all.
    Code(Option<(u32, u32)>),
    /// Number of the grid in its division with so many digits; 0: as many as it takes.
    Serial(u32),
    /// Id of the zone.
    Zone,
    /// Kind of the grid.
    Kind,
}

const FIELDS: [&str; 5] = ["id", "code", "serial", "zone", "kind"];
/// Digits of a serial number.
const WIDEST: u32 = 9;
/// Characters of a code.
const LONGEST: u32 = 99;

impl Template {
    /// The template that `text` writes, or what is wrong with it and what to do.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !literal.is_empty() {
                parts.push(Part::Text(literal.into()));
            }
            rest = after;
            if let Some(inner) = rest.strip_prefix('{') {
                let (field, after) = inner.split_once('}').ok_or_else(|| format!("'{{{inner}' has no closing brace"))?;
                parts.push(Part::parse(field)?);
                rest = after;
            } else if !rest.is_empty() {
                return Err("there is a closing brace without an opening one".into());
            }
        }
        if parts.is_empty() { Err("text or fields are expected, e.g. {id}-{serial:3}".into()) } else { Ok(Template { parts }) }
    }
}

impl Part {
    fn parse(field: &str) -> Result<Part, String> {
        let (name, how) = field.split_once(':').map_or((field, None), |(name, how)| (name, Some(how)));
        let number = |text: &str, most: u32| text.parse().ok().filter(|n| (1..=most).contains(n));
        match (name, how) {
            ("id", None) => Ok(Part::Id),
            ("zone", None) => Ok(Part::Zone),
            ("kind", None) => Ok(Part::Kind),
            ("code", None) => Ok(Part::Code(None)),
            ("code", Some(how)) => {
                let range = how.split_once('-').and_then(|(from, to)| Some((number(from, LONGEST)?, number(to, LONGEST)?)));
                let range = range.filter(|(from, to)| from <= to);
                range
                    .map(|r| Part::Code(Some(r)))
                    .ok_or_else(|| format!("{{{field}}}: characters from 1 to {LONGEST} in rising order are expected, e.g. {{code:1-6}}"))
            }
            ("serial", None) => Ok(Part::Serial(0)),
            ("serial", Some(how)) => number(how, WIDEST)
                .map(Part::Serial)
                .ok_or_else(|| format!("{{{field}}}: a number of digits from 1 to {WIDEST} is expected, e.g. {{serial:3}}")),
            (known, Some(_)) if FIELDS.contains(&known) => Err(format!("{{{field}}}: {{{known}}} takes nothing after it")),
            (other, _) => {
                let meant = nearest(other, FIELDS).map_or(String::new(), |m| format!("; did you mean {{{m}}}?"));
                Err(format!(
                    "{{{field}}} is no field; there are {{id}}, {{code}}, {{code:1-6}}, {{serial:3}}, {{zone}} and {{kind}}{meant}"
                ))
            }
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Id => f.write_str("{id}"),
            Part::Code(None) => f.write_str("{code}"),
            Part::Code(Some((from, to))) => write!(f, "{{code:{from}-{to}}}"),
            Part::Serial(0) => f.write_str("{serial}"),
            Part::Serial(width) => write!(f, "{{serial:{width}}}"),
            Part::Zone => f.write_str("{zone}"),
            Part::Kind => f.write_str("{kind}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_written() {
        for text in ["{id}-{serial:3}", "000000{code:1-12}{serial:2}", "网格{zone}/{kind}·{code}", "x{serial}"] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Template::parse("{serial}").unwrap().parts, [Part::Serial(0)]);
    }

    #[test]
    fn faults_of_templates_name_the_field_and_the_remedy() {
        let cases = [
            ("", "text or fields"),
            ("{id", "'{id' has no closing brace"),
            ("id}", "closing brace without"),
            ("{seriel:3}", "did you mean {serial}?"),
            ("{}", "{} is no field"),
            ("{serial:0}", "digits from 1 to 9"),
            ("{serial:x}", "digits from 1 to 9"),
            ("{code:6-1}", "rising order"),
            ("{code:0-4}", "from 1 to 99"),
            ("{code:12}", "e.g. {code:1-6}"),
            ("{id:2}", "{id} takes nothing"),
        ];
        for (text, told) in cases {
            let message = Template::parse(text).unwrap_err();
            assert!(message.contains(told), "{text}: {message}");
        }
    }
}
