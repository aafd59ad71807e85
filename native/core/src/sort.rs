//! Stable sort of u32 keys to a permutation, by digits from the lowest on.

const DIGIT_BITS: usize = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
const PASSES: usize = 3;
/// Up to here moving neighbours costs less than counting digits.
const FEW: usize = 48;

/// Writes to `order` the indices of `keys` from the smallest key to the largest, equal keys by index.
/// `order` is as long as `keys`, `scratch` three times as long.
pub fn sort_by_key(keys: &[u32], order: &mut [u32], scratch: &mut [u32]) {
    let count = keys.len();
    if count <= FEW {
        return insert(keys, order);
    }
    let mut sizes = [[0u32; DIGITS]; PASSES];
    for &key in keys {
        for pass in 0..PASSES {
            sizes[pass][digit(key, pass)] += 1;
        }
    }
    // A pass in which all keys have the same digit moves nothing.
    let needed = |pass: &usize| !sizes[*pass].contains(&(count as u32));
    let passes: [bool; PASSES] = std::array::from_fn(|pass| needed(&pass));
    let last = (0..PASSES).rev().find(|&pass| passes[pass]);
    let Some(last) = last else {
        return order.iter_mut().enumerate().for_each(|(i, to)| *to = i as u32);
    };
    let (mut from_keys, rest) = scratch.split_at_mut(count);
    let (mut to_keys, other) = rest.split_at_mut(count);
    // Passes go back and forth between `order` and `other`; the last one ends in `order`.
    let moves = passes.iter().filter(|&&needed| needed).count();
    let (mut from, mut to) = if moves % 2 == 1 { (other, order) } else { (order, other) };
    let mut first = true;
    for pass in (0..=last).filter(|&pass| passes[pass]) {
        let starts = &mut sizes[pass];
        let mut start = 0;
        for size in starts.iter_mut() {
            (*size, start) = (start, start + *size);
        }
        for i in 0..count {
            let (key, index) = if first { (keys[i], i as u32) } else { (from_keys[i], from[i]) };
            let place = &mut starts[digit(key, pass)];
            to[*place as usize] = index;
            if pass != last {
                to_keys[*place as usize] = key;
            }
            *place += 1;
        }
        std::mem::swap(&mut from_keys, &mut to_keys);
        std::mem::swap(&mut from, &mut to);
        first = false;
    }
}

fn digit(key: u32, pass: usize) -> usize {
    (key >> (pass * DIGIT_BITS)) as usize & (DIGITS - 1)
}

fn insert(keys: &[u32], order: &mut [u32]) {
    for i in 0..keys.len() {
        let mut at = i;
        while at > 0 && keys[order[at - 1] as usize] > keys[i] {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = i as u32;
    }
}
