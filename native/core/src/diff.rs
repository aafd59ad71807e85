//! Rows that differ between two copies of a column.

/// Bytes that are compared at once before looking for rows.
const BLOCK: usize = 1024;

/// Calls `found` with each row in which the first `rows` rows of `row_bytes` bytes of `a` and `b` differ, in order.
/// `row_bytes` is not 0; both slices hold all rows.
pub fn diff(a: &[u8], b: &[u8], row_bytes: usize, mut found: impl FnMut(u32)) {
    match row_bytes {
        1 => rows_of::<1>(a, b, &mut found),
        2 => rows_of::<2>(a, b, &mut found),
        4 => rows_of::<4>(a, b, &mut found),
        8 => rows_of::<8>(a, b, &mut found),
        12 => rows_of::<12>(a, b, &mut found),
        16 => rows_of::<16>(a, b, &mut found),
        _ => {
            let rows = a.chunks_exact(row_bytes).zip(b.chunks_exact(row_bytes)).enumerate();
            rows.filter(|(_, (a, b))| a != b).for_each(|(row, _)| found(row as u32));
        }
    }
}

#[inline]
fn rows_of<const BYTES: usize>(a: &[u8], b: &[u8], found: &mut impl FnMut(u32)) {
    let (a, _) = a.as_chunks::<BYTES>();
    let (b, _) = b.as_chunks::<BYTES>();
    let rows = BLOCK / BYTES;
    for (block, (a, b)) in a.chunks(rows).zip(b.chunks(rows)).enumerate() {
        if a == b {
            continue;
        }
        for (row, (a, b)) in a.iter().zip(b).enumerate() {
            if a != b {
                found((block * rows + row) as u32);
            }
        }
    }
}
