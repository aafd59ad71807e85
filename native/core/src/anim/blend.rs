//! The pose of 16 joints at a time: `src/native/reference/anim/blend.ts` and `sample.ts` have the order of operations.

use super::assets::{Skeleton, Source};
use super::cast::{Cast, Character, Entry, Layer};
use super::format::{LANES, LENGTH2_MIN, NONE, POSE_ROWS};
use super::wide::Wide;

/// Translation, rotation and scale of 16 joints.
pub struct Joints<W> {
    pub t: [W; 3],
    pub r: [W; 4],
    pub s: [W; 3],
}

/// What the layers of a character read.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    pub cast: &'a Cast,
    pub character: &'a Character,
    pub skeleton: &'a Skeleton,
    /// Of the memory.
    pub base: *const u8,
    /// Samples of compressed clips, by their slot.
    pub samples: *const f32,
}

impl Stage<'_> {
    /// The pose of joints `vector * 16` on.
    ///
    /// # Safety
    /// Needs the instructions of `W`, and the memory that the cast was checked for.
    #[inline(always)]
    pub unsafe fn joints<W: Wide>(&self, vector: usize) -> Joints<W> {
        let Character { first_layer, layers, is_covered, .. } = *self.character;
        let layers = &self.cast.layers[first_layer as usize..(first_layer + layers) as usize];
        // SAFETY: as above.
        unsafe {
            let (mut joints, layers) = match layers {
                [first, others @ ..] if is_covered => (self.layer(first, vector), others),
                _ => (self.rest(vector), layers),
            };
            for layer in layers {
                let change = self.layer(layer, vector);
                let mut weight = W::splat(layer.weight);
                if layer.mask != NONE {
                    weight = weight.mul(W::load(self.floats(layer.mask, vector * LANES)));
                }
                if layer.is_additive {
                    add(&mut joints, &change, weight);
                } else {
                    override_by(&mut joints, &change, weight);
                }
            }
            joints
        }
    }

    /// The only layer that matters, if there is just one and it replaces the rest pose.
    #[inline(always)]
    pub fn only_layer(&self) -> Option<&Layer> {
        let Character { first_layer, layers, is_covered, .. } = *self.character;
        if is_covered && layers == 1 { self.cast.layers.get(first_layer as usize) } else { None }
    }

    /// Rotations of joints `vector * 16` on in a layer, before they are normalised.
    ///
    /// # Safety
    /// As in `joints`.
    #[inline(always)]
    pub unsafe fn turns<W: Wide>(&self, layer: &Layer, vector: usize) -> [W; 4] {
        // SAFETY: as above.
        unsafe { self.mean(&self.cast.entries[layer.entries()], 1, 3, vector) }
    }

    /// The pose of joints `vector * 16` on in a layer, with its rotations as [`Stage::turns`] gave them.
    ///
    /// # Safety
    /// As in `joints`.
    #[inline(always)]
    pub unsafe fn turned<W: Wide>(&self, layer: &Layer, vector: usize, turns: [W; 4]) -> Joints<W> {
        let entries = &self.cast.entries[layer.entries()];
        // SAFETY: as above.
        unsafe {
            Joints { r: normalise(turns), t: self.mean(entries, 0, 0, vector), s: self.mean(entries, 2, 7, vector) }
        }
    }

    #[inline(always)]
    unsafe fn rest<W: Wide>(&self, vector: usize) -> Joints<W> {
        let stride = self.skeleton.stride as usize;
        // SAFETY: as in `joints`.
        unsafe {
            let at = self.floats(self.skeleton.rest, vector * LANES);
            Joints { t: rows(at, stride), r: rows(at.add(3 * stride), stride), s: rows(at.add(7 * stride), stride) }
        }
    }

    /// The weighted mean of a layer's entries.
    #[inline(always)]
    unsafe fn layer<W: Wide>(&self, layer: &Layer, vector: usize) -> Joints<W> {
        // SAFETY: as in `joints`.
        unsafe { self.turned(layer, vector, self.turns(layer, vector)) }
    }

    /// Of `ROWS` rows from `row` on, which are group `group`.
    #[inline(always)]
    unsafe fn mean<W: Wide, const ROWS: usize>(
        &self,
        entries: &[Entry],
        group: usize,
        row: usize,
        vector: usize,
    ) -> [W; ROWS] {
        // SAFETY: as in `joints`.
        unsafe {
            let Some((first, others)) = entries.split_first() else { return [W::splat(0.0); ROWS] };
            let share = W::splat(first.share);
            let mut sum: [W; ROWS] = self.sample::<W, ROWS>(first, group, row, vector).map(|value| share.mul(value));
            for entry in others {
                let sample: [W; ROWS] = self.sample(entry, group, row, vector);
                let mut share = W::splat(entry.share);
                if ROWS == 4 {
                    share = W::select(dot(&sum, &sample).less(W::splat(0.0)), share.negative(), share);
                }
                for k in 0..ROWS {
                    sum[k] = sum[k].add(share.mul(sample[k]));
                }
            }
            sum
        }
    }

    #[inline(always)]
    unsafe fn sample<W: Wide, const ROWS: usize>(
        &self,
        entry: &Entry,
        group: usize,
        row: usize,
        vector: usize,
    ) -> [W; ROWS] {
        let stride = self.skeleton.stride as usize;
        let vectors = stride / LANES;
        let place = row * stride + vector * LANES;
        // SAFETY: as in `joints`.
        unsafe {
            let frames = match &entry.source {
                Source::Pose(pose) => return rows(self.floats(*pose, place), stride),
                Source::Keyed(keyed) => {
                    return rows(self.samples.add(keyed.slot as usize * POSE_ROWS * stride + place), stride);
                }
                Source::Frames(frames) => frames,
            };
            let block = self.cast.assets.block(frames, group * vectors + vector);
            if block.offset == NONE {
                return rows(self.floats(frames.constant, place), stride);
            }
            let mut alpha = W::splat(frames.alpha);
            if block.steps != 0 {
                alpha = W::select(W::lanes(block.steps), W::splat(0.0), alpha);
            }
            let a: [W; ROWS] = rows(self.floats(frames.first, block.offset as usize), LANES);
            let b: [W; ROWS] = rows(self.floats(frames.second, block.offset as usize), LANES);
            std::array::from_fn(|k| a[k].add(b[k].sub(a[k]).mul(alpha)))
        }
    }

    #[inline(always)]
    fn floats(&self, offset: u32, index: usize) -> *const f32 {
        self.base.wrapping_add(offset as usize).cast::<f32>().wrapping_add(index)
    }
}

/// Rows of 16 f32 that are `step` apart.
///
/// # Safety
/// They are there, and so are the instructions of `W`.
#[inline(always)]
pub unsafe fn rows<W: Wide, const ROWS: usize>(at: *const f32, step: usize) -> [W; ROWS] {
    // SAFETY: the caller says that the rows are there.
    std::array::from_fn(|k| unsafe { W::load(at.add(k * step)) })
}

/// Of rotations.
#[inline(always)]
unsafe fn dot<W: Wide>(a: &[W], b: &[W]) -> W {
    // SAFETY: the caller has the instructions of `W`.
    unsafe { a[0].mul(b[0]).add(a[1].mul(b[1])).add(a[2].mul(b[2])).add(a[3].mul(b[3])) }
}

/// Rotations as long as 1; none where that is close to 0 or a NaN.
#[inline(always)]
unsafe fn normalise<W: Wide>(q: [W; 4]) -> [W; 4] {
    // SAFETY: the caller has the instructions of `W`.
    unsafe {
        let length2 = dot(&q, &q);
        let turns = length2.at_least(W::splat(LENGTH2_MIN));
        let scale = W::splat(1.0).div(length2.sqrt());
        let [none, one] = [W::splat(0.0), W::splat(1.0)];
        std::array::from_fn(|k| W::select(turns, q[k].mul(scale), if k == 3 { one } else { none }))
    }
}

/// Moves `joints` towards `change`.
#[inline(always)]
unsafe fn override_by<W: Wide>(joints: &mut Joints<W>, change: &Joints<W>, weight: W) {
    // SAFETY: the caller has the instructions of `W`.
    unsafe {
        let one = W::splat(1.0);
        let (stays, replaces) = (weight.equal(W::splat(0.0)), weight.equal(one));
        let choose = |before: W, between: W, after: W| W::select(stays, before, W::select(replaces, after, between));
        for (to, from) in [(&mut joints.t, &change.t), (&mut joints.s, &change.s)] {
            for k in 0..3 {
                to[k] = choose(to[k], to[k].add(from[k].sub(to[k]).mul(weight)), from[k]);
            }
        }
        let signed = W::select(dot(&joints.r, &change.r).less(W::splat(0.0)), weight.negative(), weight);
        let left = one.sub(weight);
        let between = std::array::from_fn(|k| joints.r[k].mul(left).add(change.r[k].mul(signed)));
        let between = normalise(between);
        for k in 0..4 {
            joints.r[k] = choose(joints.r[k], between[k], change.r[k]);
        }
    }
}

/// Adds the differences in `change` to `joints`.
#[inline(always)]
unsafe fn add<W: Wide>(joints: &mut Joints<W>, change: &Joints<W>, weight: W) {
    // SAFETY: the caller has the instructions of `W`.
    unsafe {
        let [none, one] = [W::splat(0.0), W::splat(1.0)];
        let stays = weight.equal(none);
        for k in 0..3 {
            let moved = joints.t[k].add(change.t[k].mul(weight));
            joints.t[k] = W::select(stays, joints.t[k], moved);
            let scaled = joints.s[k].mul(one.add(change.s[k].sub(one).mul(weight)));
            joints.s[k] = W::select(stays, joints.s[k], scaled);
        }
        let [x, y, z, w] = change.r;
        let signed = W::select(w.less(none), weight.negative(), weight);
        let turned = one.add(w.absolute().sub(one).mul(weight));
        let [bx, by, bz, bw] = normalise([x.mul(signed), y.mul(signed), z.mul(signed), turned]);
        let [ax, ay, az, aw] = joints.r;
        let product = normalise([
            aw.mul(bx).add(ax.mul(bw)).add(ay.mul(bz)).sub(az.mul(by)),
            aw.mul(by).add(ay.mul(bw)).add(az.mul(bx)).sub(ax.mul(bz)),
            aw.mul(bz).add(az.mul(bw)).add(ax.mul(by)).sub(ay.mul(bx)),
            aw.mul(bw).sub(ax.mul(bx)).sub(ay.mul(by)).sub(az.mul(bz)),
        ]);
        for k in 0..4 {
            joints.r[k] = W::select(stays, joints.r[k], product[k]);
        }
    }
}
