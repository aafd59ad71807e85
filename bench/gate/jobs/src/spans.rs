//! The jobs over spans of memory and over arrays.

use worldloom_core::arrays::{compact, prefix_sum};
use worldloom_core::content::{RowKeys, STRIP, content_hash, set_rows};
use worldloom_core::diff::diff;
use worldloom_core::hash::hash;
use worldloom_core::integrate::integrate;
use worldloom_core::layout::element;
use worldloom_core::prng::random;
use worldloom_core::propagate::{TILE, local_matrices, multiply};
use worldloom_core::sample::{Draw, sample};
use worldloom_core::sort::sort_by_key;

use crate::{Job, sum, sum_f32, unit, word};

/// Rows of all columns.
const ROWS: usize = 8192;

pub fn jobs() -> Vec<Job> {
    vec![
        hash_job("hash f32", element::F32, 4),
        hash_job("hash f64", element::F64, 8),
        hash_job("hash u8", element::U8, 1),
        content_job(),
        diff_job(),
        integrate_job(),
        propagate_job(),
        prefix_job(),
        compact_job(),
        sort_job(),
        random_job(),
        sample_job(),
    ]
}

fn column(stream: u32) -> Vec<f32> {
    (0..ROWS).map(|i| unit(stream, i)).collect()
}

fn bytes(count: usize) -> Vec<u8> {
    // No exponent of all ones: none is a NaN.
    (0..count).map(|i| word(1, i) as u8 & 0x3f).collect()
}

fn hash_job(name: &'static str, code: u32, element_bytes: usize) -> Job {
    let values = bytes(ROWS * element_bytes);
    (name, Box::new(move || sum(hash(&values, ROWS as u32, code))))
}

fn content_job() -> Job {
    let entities: Vec<i32> = (0..ROWS as i32).collect();
    let values = bytes(ROWS * 4);
    let mut keys = RowKeys::default();
    let run = move || {
        let mut total = 0;
        for (entities, values) in entities.chunks(STRIP).zip(values.chunks(STRIP * 4)) {
            set_rows(&mut keys, entities);
            total ^= sum(content_hash(&keys, entities.len(), values, element::F32, 1, 7));
        }
        total
    };
    ("contentHash f32", Box::new(run))
}

fn diff_job() -> Job {
    let a = bytes(ROWS * 4);
    let mut b = a.clone();
    for row in (0..ROWS).step_by(100) {
        b[row * 4] ^= 1;
    }
    let run = move || {
        let mut total = 0;
        diff(&a, &b, 4, |row| total += u64::from(row));
        total
    };
    ("diff, one row in 100", Box::new(run))
}

fn integrate_job() -> Job {
    let (mut destination, source) = (column(2), column(3));
    let run = move || {
        integrate(&mut destination, &source, 0.25);
        sum_f32(&destination[..64])
    };
    ("integrate", Box::new(run))
}

fn propagate_job() -> Job {
    let mut local = [[0.0; TILE]; 10];
    for (field, values) in local.iter_mut().enumerate() {
        *values = std::array::from_fn(|i| unit(4, field * TILE + i));
    }
    let mut out = [[0.0; TILE]; 12];
    let run = move || {
        let mut parent = [0.5; 12];
        for _ in 0..ROWS / TILE {
            local_matrices(&local, &mut out);
            let at = |i: usize| std::array::from_fn(|field| out[field][i] * 0.25);
            parent = (0..TILE).fold(parent, |parent, i| multiply(&parent, &at(i)));
        }
        sum_f32(&parent)
    };
    ("propagate", Box::new(run))
}

fn prefix_job() -> Job {
    let source: Vec<u32> = (0..ROWS).map(|i| word(5, i) & 15).collect();
    let mut destination = vec![0; ROWS];
    ("prefixSum", Box::new(move || u64::from(prefix_sum(&source, &mut destination))))
}

fn compact_job() -> Job {
    let mask: Vec<u8> = (0..ROWS).map(|i| (word(6, i) >> 31) as u8).collect();
    let mut out = vec![0; ROWS];
    ("compact, half set", Box::new(move || u64::from(compact(&mask, &mut out))))
}

fn sort_job() -> Job {
    let keys: Vec<u32> = (0..ROWS).map(|i| word(7, i)).collect();
    let (mut order, mut scratch) = (vec![0; ROWS], vec![0; ROWS * 3]);
    let run = move || {
        sort_by_key(&keys, &mut order, &mut scratch);
        sum(order[..64].iter().copied())
    };
    ("sortByKey", Box::new(run))
}

fn random_job() -> Job {
    let ids: Vec<u32> = (0..ROWS as u32).collect();
    let mut out = vec![[0; 2]; ROWS];
    let run = move || {
        random(&mut out, &ids, 1, 2, 3);
        sum(out[ROWS - 1])
    };
    ("random", Box::new(run))
}

fn sample_job() -> Job {
    let ids: Vec<u32> = (0..ROWS as u32).collect();
    let mut out = vec![0; ROWS];
    let draw = Draw { seed: 1, stream: 2, tick: 3 };
    ("sample, 1 %", Box::new(move || sample(&ids, draw, 0.01, &mut out) as u64))
}
