/**
 * What the jobs of animation find in memory: the one source of its numbers. `scripts/generate.ts` writes them for Rust.
 *
 * All is u32 words and f32 values in one memory; an offset is a byte offset in it, `NONE` where there is nothing.
 * Records and lists begin at multiples of 4, poses, masks and frames at multiples of 64, matrices at multiples of 16.
 *
 * - Skeleton of J joints (1 to `JOINTS_MAX`), parents before children; its stride is J rounded up to a multiple of
 *   `LANES`. Record: `SKELETON_MAGIC`, J, stride, offset of the rest pose, offset of the parents (stride i32: below
 *   their own number, -1 without one; what is behind J does not matter).
 * - Pose: 10 rows of stride f32: tx ty tz, qx qy qz qw, sx sy sz. What is behind J in a row takes part in nothing that
 *   matters; the identity there keeps it fast.
 * - Matrices: 12 f32 each, 3 rows of 4 of an affine matrix, one after the other.
 * - Skin: `SKIN_MAGIC`, n (1 to `JOINTS_MAX`), offset of n u32 joint numbers, offset of n inverse bind matrices.
 * - Clip: `CLIP_MAGIC`, kind, J, stride, frames F (at least 1), offset of the constant pose, flags (bit 0: it holds
 *   differences, for additive layers), and for the kind `CLIP_FRAMES` the offset of its vector table, bytes of a frame
 *   (a multiple of 64) and the offset of F frames. The kind `CLIP_COMPRESSED` is described in `compressed-format.ts`.
 * - Vector table: for the groups translation, rotation, scale, for each vector of `LANES` joints: the float offset
 *   within a frame of its block (a multiple of 16; component after component, `LANES` f32 each), or `NONE` if no joint
 *   of the vector moves: the constant pose has its values; and a mask of 16 bits: lanes that do not interpolate.
 *
 * A character of `animPoses` is `CHARACTER_WORDS` words: skeleton, offset of layers, how many (at most `LAYERS_MAX`),
 * local pose to write or `NONE`, model matrices to write (J) or `NONE`, offset of palettes, how many (at most
 * `PALETTES_MAX`), offset of inverse kinematics records, how many (at most `IK_MAX`), 0, 0, 0.
 * - Layer: offset of entries, how many (at most `ENTRIES_MAX`), mode, weight (f32, 0 to 1), mask (stride f32, meant to be
 *   0 to 1) or `NONE`, 0.
 * - Entry: source, kind of source, frame (below F), alpha (f32, 0 to 1), weight (f32, finite, at least 0), 0. A source
 *   that is a pose takes no notice of frame and alpha.
 * - Palette: skin, offset of the n matrices to write.
 */
export const NONE = 0xffffffff;
export const SKELETON_MAGIC = 0x4c454b53;
export const CLIP_MAGIC = 0x50494c43;
export const SKIN_MAGIC = 0x4e494b53;

/** Joints whose values lie beside one another in a vector. */
export const LANES = 16;
/** f32 of the local transform of a joint, and of a matrix. */
export const POSE_ROWS = 10;
export const MATRIX_FLOATS = 12;

export const JOINTS_MAX = 1024;
export const LAYERS_MAX = 16;
export const ENTRIES_MAX = 64;
export const PALETTES_MAX = 64;
export const IK_MAX = 64;

export const SKELETON_WORDS = 5;
export const SKIN_WORDS = 4;
export const CLIP_WORDS = 10;
export const CHARACTER_WORDS = 12;
export const LAYER_WORDS = 6;
export const ENTRY_WORDS = 6;
export const PALETTE_WORDS = 2;

export const CLIP_FRAMES = 0;
export const CLIP_COMPRESSED = 1;
export const FLAG_ADDITIVE = 1;

export const LAYER_OVERRIDE = 0;
export const LAYER_ADDITIVE = 1;

export const SOURCE_CLIP = 0;
export const SOURCE_POSE = 1;

/** The first row of each group in a pose, and how many it has. */
export const GROUP_ROWS: readonly (readonly [number, number])[] = [
  [0, 3],
  [3, 4],
  [7, 3],
];

/** Squared length below which a rotation counts as none. */
export const LENGTH2_MIN: number = Math.fround(1e-30);
