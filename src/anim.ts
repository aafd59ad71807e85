export { type AdditiveOptions, makeAdditive } from "./anim/additive.ts";
export {
  affineOf,
  multiplyAffine,
  type Numbers,
  type SocketOptions,
  socketMatrix,
  transformDirection,
  transformPoint,
} from "./anim/affine.ts";
export { AnimArena } from "./anim/arena.ts";
export { AnimAssets } from "./anim/assets.ts";
export { Clip, type ClipEvent, type ClipSettings, type FramesOptions, type MorphTrack } from "./anim/clip.ts";
export { clipPose } from "./anim/clip-pose.ts";
export { type Compressed, type CompressOptions, compressClip } from "./anim/compress.ts";
export type { Curve, Interpolation } from "./anim/curve.ts";
export { type Decomposed, decompose, decomposed } from "./anim/decompose.ts";
export { type ErrorOptions, framesAndHalves, type LocalPose, type PoseError, poseError } from "./anim/error.ts";
export { crossEvents, crossedEvents, type EventTimes, eventBuffer } from "./anim/events.ts";
export { type GltfOptions, loadGltf } from "./anim/gltf/load.ts";
export {
  type BlendWeights,
  blendAlong,
  blendOn,
  blendWeights,
  type Triangulation,
  triangulate,
} from "./anim/graph/blend-space.ts";
export type {
  BlendSpace1d,
  BlendSpace2d,
  ClipMotion,
  Condition,
  GraphDefinition,
  GraphLayer,
  GraphState,
  Parameter,
  ParameterKind,
  Transition,
} from "./anim/graph/definition.ts";
export { AnimationGraph } from "./anim/graph/graph.ts";
export { Playback, type PlaybackColumns, Plays } from "./anim/graph/playback.ts";
export { type BoneOptions, type BoundVertices, type Capsule, HitShapes } from "./anim/hit-shapes.ts";
export { emptyHit, type Hit, HitTargets, type Ray } from "./anim/hit-targets.ts";
export type { LookAt, TwoBone } from "./anim/ik.ts";
export { JointMask } from "./anim/joint-mask.ts";
export { Matrices, ModelPoses, Palettes } from "./anim/matrices.ts";
export type { Mesh, MeshPart, MorphTarget } from "./anim/mesh.ts";
export { Model, type ModelNode, type ModelParts } from "./anim/model.ts";
export { addMorphWeights, morphWeights } from "./anim/morph-weights.ts";
export { composeMotions, invertMotion, type Motion, motion, repeatMotion } from "./anim/motion.ts";
export { Pose } from "./anim/pose.ts";
export { PoseBatch, type PoseBatchOptions, type PoseTargets } from "./anim/pose-batch.ts";
export {
  type CurvesOptions,
  type CurveTrack,
  clipFromCurves,
  type MorphCurve,
  type ResampleOptions,
} from "./anim/resample.ts";
export { type Retargeted, type RetargetOptions, retarget } from "./anim/retarget.ts";
export { extractRootMotion, RootMotion, type RootMotionOptions } from "./anim/root-motion.ts";
export { type JointOptions, Skeleton, type SkeletonOptions } from "./anim/skeleton.ts";
export { Skin, type SkinOptions } from "./anim/skin.ts";
export {
  type InfluenceGroup,
  type MorphDeltas,
  SkinnedMesh,
  type SkinnedMeshOptions,
  type UnpackedMesh,
} from "./anim/skinned-mesh.ts";
export type { AutoSkinner, SkinnerReport } from "./anim/skinning/auto.ts";
export type { BackendReport, CalibrationOptions } from "./anim/skinning/calibration.ts";
export { createSkinner, type SkinnerOptions } from "./anim/skinning/create.ts";
export type {
  ByteRange,
  CpuSkinner,
  SkinArrays,
  SkinBuffer,
  SkinMethod,
  Skinner,
  SkinnerBackend,
  SkinRequest,
  SkinResult,
  SkinTicket,
} from "./anim/skinning/skinner.ts";
export type { GpuBuffer, GpuDevice } from "./anim/skinning/webgpu/api.ts";
export type { WebGpuSkinner } from "./anim/skinning/webgpu/skinner.ts";
export { Animation, type AnimationOptions, type AnyAnimator } from "./anim/systems/animation.ts";
export { AnimationEvent, type Animator, animator, RootMoved } from "./anim/systems/animator.ts";
export { CharacterPoses, type PoseFinish } from "./anim/systems/character-poses.ts";
export { Socket, socketSystem } from "./anim/systems/sockets.ts";
export { type FramePlace, placeFrame, playbackTime, type Wrap, wrapTime } from "./anim/time.ts";
export { type UpdateRates, updateDue, updateEvery } from "./anim/update-rate.ts";
export type { ArenaOptions, Block } from "./native/block-arena.ts";
