/**
 * Records of inverse kinematics: 16 words of the memory, floats as their bits. Points and directions are in model space
 * but for `forward` and `up`, which are in the space of the joint. Lengths of directions do not matter.
 *
 * | word  | two-bone                             | look-at                              |
 * | ----- | ------------------------------------ | ------------------------------------ |
 * | 0     | 0                                    | 1                                    |
 * | 1     | the upper joint, which stays in place | the joint that turns                |
 * | 2     | weight, 0 to 1                       | weight, 0 to 1                       |
 * | 3     | soften, 0 to 1                       | cosine of the most it turns, -1 to 1 |
 * | 4..6  | target of the end joint              | target of the forward axis           |
 * | 7..9  | where the middle joint bends to      | where the up axis points to          |
 * | 10    | the middle joint, below the upper    | forward x                            |
 * | 11    | the end joint, below the middle      | forward y                            |
 * | 12    | 0                                    | forward z                            |
 * | 13..15 | 0                                   | up x y z                             |
 *
 * A pole (7..9) of zero means none: the plane of the limb, or the roll, stays as the shortest turn leaves it.
 */
export const IK_WORDS = 16;

/** The first word of a record is an index into this list. */
export const ikKinds = ["two-bone", "look-at"] as const;

export const IK_JOINT = 1;
export const IK_WEIGHT = 2;
/** Of two-bone: the part of the limb's length from which on it slows down towards being straight; 1: not at all. */
export const IK_SOFTEN = 3;
export const IK_COSINE = 3;
export const IK_TARGET = 4;
export const IK_POLE = 7;
export const IK_MIDDLE = 10;
export const IK_END = 11;
export const IK_FORWARD = 10;
export const IK_UP = 13;
