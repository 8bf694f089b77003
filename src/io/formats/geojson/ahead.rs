//! Features of a collection by blocks: threads read ahead, and what they find is handed over in order.

use super::Document;
use super::fast::bare;
use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Feature, Record, Sink};
use memchr::memmem;

/// Bytes that a thread takes at a time.
const BLOCK: usize = 1 << 17;
/// Blocks for every thread that are at hand at once.
const BLOCKS: usize = 8;

/// Features one after the other, each with its text. Their cells are in one table: memory that one thread takes and another one gives back
/// has both wait for each other.
struct Run<'a> {
    start: usize,
    features: Vec<(Feature<'a>, &'a [u8])>,
    cells: Vec<Cell<'a>>,
    /// Where the last one ends.
    end: usize,
    /// Where the feature after it begins, if one does.
    next: Option<usize>,
}

impl<'a> Run<'a> {
    /// The features that begin with one at `start` and before `stop`, as long as they are all there and of the usual form.
    fn read(text: &'a [u8], start: usize, stop: usize, wanted: &[String]) -> Run<'a> {
        let mut run = Run { start, features: Vec::new(), cells: Vec::new(), end: start, next: Some(start) };
        while let Some(at) = run.next.filter(|at| *at < stop)
            && let Some((feature, length)) = bare(&text[at..], wanted, &mut run.cells)
        {
            run.features.push((feature, &text[at..at + length]));
            run.end = at + length;
            run.next = solid(text, run.end).filter(|at| text[*at] == b',').and_then(|at| solid(text, at + 1));
        }
        run
    }
}

/// The next byte that is no white space.
fn solid(text: &[u8], from: usize) -> Option<usize> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    text[from..].iter().position(|b| !blank(b)).map(|more| from + more)
}

/// Where features may begin, about a block apart; whether they do is seen when the text before them is read.
fn likely(text: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    for from in (BLOCK..text.len()).step_by(BLOCK) {
        let Some(typed) = memmem::find(&text[from..], b"\"Feature\"") else { break };
        let last = starts[starts.len() - 1];
        starts.extend(memchr::memrchr(b'{', &text[last + 1..from + typed]).map(|at| last + 1 + at));
    }
    starts
}

impl Document<'_> {
    /// Hands over features from the next on which are all there and of the usual form, with several threads; whether there were any. Others are to
    /// be read one by one, and so are a few more after them, lest text is read ahead in vain again and again.
    pub(super) fn ahead(&mut self, sink: &mut dyn Sink) -> Result<bool, ReadError> {
        let threads = rayon::current_num_threads();
        if self.singly > 0 || threads == 1 || self.gzip {
            self.singly = self.singly.saturating_sub(1);
            return Ok(false);
        }
        let most = threads * BLOCKS * BLOCK;
        let owed = if self.scan.rest().len() < most / 2 { self.scan.fill_to(most) } else { 0 };
        let (text, input) = self.scan.at_hand();
        let (mut input, unhashed) = (Some(input), &text[text.len() - owed..]);
        if text.len() < 2 * BLOCK {
            // the end is near
            input.iter_mut().for_each(|input| input.hash(unhashed));
            self.singly = u64::MAX;
            return Ok(false);
        }
        let starts = likely(text);
        let (mut end, mut next, mut records, wanted) = (0, Some(0), self.records, self.wanted);
        let mut hand_over = |runs: Vec<Run<'_>>| -> Result<(), ReadError> {
            for run in runs {
                // one that does not begin where the one before goes on is no run of features, and nothing after it is
                if next != Some(run.start) || run.features.is_empty() {
                    next = None;
                    break;
                }
                (end, next) = (run.end, run.next);
                let mut cells = run.cells.into_iter();
                for (feature, bytes) in run.features {
                    records += 1;
                    sink.source_text(bytes);
                    let cells = cells.by_ref().take(wanted.len()).collect();
                    sink.record(records, Record::Feature(Feature { cells, ..feature }))?;
                }
            }
            Ok(())
        };
        let mut ready = Vec::new();
        for (n, some) in starts.chunks(threads).enumerate() {
            let mut runs: Vec<Option<Run<'_>>> = some.iter().map(|_| None).collect();
            let handed = rayon::in_place_scope(|scope| {
                if let Some(input) = input.take() {
                    scope.spawn(move |_| input.hash(unhashed));
                }
                for (k, (run, &start)) in runs.iter_mut().zip(some).enumerate() {
                    let stop = starts.get(n * threads + k + 1).copied().unwrap_or(text.len());
                    scope.spawn(move |_| *run = Some(Run::read(text, start, stop, wanted)));
                }
                hand_over(std::mem::take(&mut ready))
            });
            handed?;
            ready = runs.into_iter().flatten().collect();
        }
        hand_over(ready)?;
        if end < text.len() / 2 {
            self.singly = self.pause;
            self.pause = self.pause.saturating_mul(2);
        }
        self.records = records;
        self.scan.advance(end);
        Ok(end > 0)
    }
}
