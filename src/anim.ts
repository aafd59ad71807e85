export { AnimArena } from "./anim/arena.ts";
export { Clip, type ClipEvent, type ClipSettings, type FramesOptions, type MorphTrack } from "./anim/clip.ts";
export { type JointOptions, Skeleton, type SkeletonOptions } from "./anim/skeleton.ts";
export { Skin, type SkinOptions } from "./anim/skin.ts";
export type { ArenaOptions, Block } from "./native/block-arena.ts";
