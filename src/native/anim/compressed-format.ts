/**
 * Clips of the kind `CLIP_COMPRESSED`: only what moves, as whole numbers of few bits, at keys that are a power of two of
 * frames apart. Words 0 to 6 of the record are those of other clips (`format.ts`), then follow the offset of its tracks
 * (a multiple of 64), their bytes (a multiple of 4) and log2 of the frames of a segment (at most `SEGMENT_SHIFT_MAX`).
 *
 * The tracks are one range of bytes; offsets in it count from its start. A *vector* is the translations, rotations or
 * scales of `LANES` joints; vectors are in the order of the vector table of other clips: translations of all joints,
 * rotations, scales. Of a vector only the n joints that move have a track, in the order of their lanes.
 *
 * 1. A word: the offset of 3, a multiple of 4. For each vector a word: lanes that move (16 bits) and above them lanes that hold their keys instead of going
 *    linearly from one to the next.
 * 2. For each vector with tracks, n values each:
 *    translations and scales have origin x, y, z (f32) and step (f32), rotations the step alone.
 * 3. One word for each segment: its offset, a multiple of 4. There are ceil((F - 1) / frames of a segment), at least 1. The
 *    last frame of a segment is the first of the next.
 * 4. Segments. For each vector with tracks: a word, the offset of its bits, a multiple of 4, and for rotations that are
 *    stored with all four components `VECTOR_FOUR` in it; n words that say how a track is stored;
 *    n u16, where its bits begin, in bits; n i16 for each component (3, or 4 with `VECTOR_FOUR`), its base; for
 *    rotations n i16 for x, y, z, w of the quaternions A, then C, in units of 2^-14; up to the next multiple of 4.
 * 5. Bits: the keys of a track follow one another, each component after component, the lowest bit first.
 *
 * How a track is stored: bits of its components (5 bits each, at most `COMPONENT_BITS_MAX`; the first three together
 * at most `KEY_BITS_MAX`: 8 bytes are read at once), log2 of the frames between keys (4 bits, at most
 * `SEGMENT_SHIFT_MAX`), the shift of its bases (4 bits, at most `BASE_SHIFT_MAX`), its lead (4 bits): the first key is so
 * many frames, or sixteenths of the distance between keys where that is more, before the segment. It is less than from
 * key to key. At least 16 bytes of the tracks lie behind the first byte of a key.
 *
 * What a key says: `n = (base << shift) + bits` of each component, exact in f32, and `v = n * step`. Translations and
 * scales are `origin + v`. Rotations are A * p * C with p = (v, w), where w is the root of 1 - |v|^2, so that joints which bend
 * around one axis do with one component.
 */
export const SEGMENT_SHIFT_MAX = 8;
export const COMPONENT_BITS_MAX = 20;
export const KEY_BITS_MAX = 57;
export const BASE_SHIFT_MAX = 8;
/** Log2 of the parts that leads are counted in where keys are further apart. */
export const LEAD_SHIFT = 4;
export const VECTOR_FOUR = 1;
/** Bytes behind the first one of a key, that one included. */
export const KEY_READ_BYTES = 16;
/** What stands for 1 in the quaternions of rotation tracks: a power of two. */
export const AXES_ONE = 16_384;
