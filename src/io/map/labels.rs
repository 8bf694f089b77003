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

/// A label that is printed: which form, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub form: usize,
    pub at: [f64; 2],
}

/// How far a label may reach beyond the ellipse of free room (1 = not at all): halos keep it readable.
const SLACK: f64 = 1.7;

/// Where a label is tried, as shares of the free half height: in the middle, above, below.
const SHIFTS: [f64; 3] = [0.0, -0.4, 0.4];

fn fits(half: [f64; 2], room: f64) -> bool {
    let (a, b) = (room / LABEL_ASPECT, room);
    b > 0.0 && (half[0] / a).powi(2) + (half[1] / b).powi(2) <= SLACK
}

/// For each wish the label that is printed, if any. Wishes come in order of importance; `taken` grows by what is placed.
pub(super) fn place(wishes: &[Wish], taken: &mut Vec<Box2>) -> Vec<Option<Placed>> {
    wishes
        .iter()
        .map(|wish| {
            let mut tries = wish.forms.iter().enumerate().flat_map(|(form, half)| SHIFTS.map(|shift| (form, *half, shift)));
            tries.find_map(|(form, half, shift)| {
                // Shifted up or down, a smaller ellipse of room is left.
                let room = wish.room * (1.0 - shift.abs());
                let at = [wish.at[0], wish.at[1] + shift * wish.room];
                let label = Box2 { at, half };
                if !fits(half, room) || taken.iter().any(|t| t.overlaps(&label)) {
                    return None;
                }
                taken.push(label);
                Some(Placed { form, at })
            })
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
