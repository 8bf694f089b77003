//! Which labels are printed: greedily, the most important first, and never one over another.

use super::geometry::LABEL_ASPECT;

/// A box by its middle and half sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Box2 {
    pub at: [f64; 2],
    pub half: [f64; 2],
}

impl Box2 {
    pub fn overlaps(&self, other: &Box2) -> bool {
        (0..2).all(|i| (self.at[i] - other.at[i]).abs() < self.half[i] + other.half[i])
    }
}

/// Something that wants a label, with the forms it may take, the fullest first.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// Middle of the label.
    pub at: [f64; 2],
    /// Free half height around it.
    pub room: f64,
    /// Half width and half height of each form.
    pub forms: Vec<[f64; 2]>,
}

/// Whether a label may reach this far beyond the ellipse of free room (1 = not at all): halos keep it readable.
const SLACK: f64 = 1.7;

fn fits(half: [f64; 2], room: f64) -> bool {
    let (a, b) = (room / LABEL_ASPECT, room);
    b > 0.0 && (half[0] / a).powi(2) + (half[1] / b).powi(2) <= SLACK
}

/// For each wish the form that is printed, if any. Wishes come in order of importance; `taken` grows by what is placed.
pub(super) fn place(wishes: &[Wish], taken: &mut Vec<Box2>) -> Vec<Option<usize>> {
    let free = |b: &Box2, taken: &[Box2]| !taken.iter().any(|t| t.overlaps(b));
    wishes
        .iter()
        .map(|wish| {
            let boxed = |form: usize| Box2 {
                at: wish.at,
                half: wish.forms[form],
            };
            let form = (0..wish.forms.len()).find(|&f| fits(wish.forms[f], wish.room) && free(&boxed(f), taken))?;
            taken.push(boxed(form));
            Some(form)
        })
        .collect()
}

/// Estimated width of a text in multiples of its size: exact enough for a sans-serif font, on the wide side.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.33,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.92,
            'A'..='Z' | '▲' | '▼' => 0.72,
            c if (c as u32) >= 0x2e80 => 1.0,
            _ => 0.58,
        })
        .sum()
}
