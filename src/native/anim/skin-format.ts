/**
 * What `animSkin` finds in memory: the one source of its numbers. `scripts/generate.ts` writes them for Rust.
 *
 * All is u32 words, u16 joint numbers and f32 values in one memory; an offset is a byte offset in it, `NONE` where there is
 * nothing. Offsets are multiples of 4, those of joint numbers of 2.
 *
 * - Skinned mesh: `SKINNED_MESH_WORDS` words. Its vertices are in the order of how many influences they have, those with
 *   one first; words `MESH_GROUPS` to `MESH_GROUPS + 7` say how many vertices have 1 to 8. Joint numbers (u16) and weights
 *   (f32) lie vertex after vertex, as many for each as its group says. Positions and normals are 3 f32 a vertex, tangents
 *   4, of which the last is copied.
 * - Morph targets of it: `TARGET_WORDS` words each: how many vertices it moves, their numbers (u32, ascending, each once),
 *   and for each of them 3 f32 to add to the position, to the normal, and to the tangent; any of the three may be `NONE`.
 *   A target that adds to what the mesh does not have is refused.
 *
 * A record of `animSkin` is `SKINNING_WORDS` words: skinned mesh, palette (12 f32 for each joint: 3 rows of 4), joints in
 * the palette, positions to write, normals to write or `NONE`, tangents to write or `NONE`, flags, weights of the morph
 * targets (f32 each) or `NONE`.
 */
export const SKINNED_MESH_MAGIC = 0x48534d53;
export const SKINNED_MESH_WORDS = 20;

/** Words of a skinned mesh: all but the groups in the order of this list. */
export const MESH_VERTICES = 1;
/** The largest joint number and one. */
export const MESH_JOINTS = 2;
export const MESH_POSITIONS = 3;
export const MESH_NORMALS = 4;
export const MESH_TANGENTS = 5;
export const MESH_JOINT_NUMBERS = 6;
export const MESH_WEIGHTS = 7;
export const MESH_TARGET_COUNT = 8;
export const MESH_TARGETS = 9;
export const MESH_GROUPS = 10;

export const TARGET_WORDS = 6;
export const SKINNING_WORDS = 8;

export const INFLUENCES_MAX = 8;
/** Joints that a palette may have. */
export const PALETTE_MAX = 1024;
export const TARGETS_MAX = 1024;

/** Bits of the flags. */
export const SKIN_DUAL_QUATERNION = 1;
export const SKIN_NORMALISE = 2;

/** How far the product of two columns of a palette may be from that of a rotation, where one is needed. */
export const RIGID_ERROR = 1e-3;
