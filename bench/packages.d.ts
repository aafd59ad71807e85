/** What is used of packages that come without declarations. */
declare module "goodluck" {
  export class WorldImpl {
    Signature: number[];
    CreateEntity(): number;
    DestroyEntity(entity: number): void;
  }
}

declare module "rbush" {
  export interface Box {
    readonly minX: number;
    readonly minY: number;
    readonly maxX: number;
    readonly maxY: number;
  }
  export default class RBush<T extends Box> {
    load(items: readonly T[]): this;
    search(box: Box): T[];
  }
}

declare module "three" {
  export class Matrix4 {
    readonly elements: readonly number[];
    set(...rows: [...numbers: number[]]): this;
  }
  export class Vector3 {
    set(x: number, y: number, z: number): this;
    fromBufferAttribute(attribute: BufferAttribute, index: number): this;
    toArray(array: Float32Array, offset: number): Float32Array;
  }
  export class BufferAttribute {
    constructor(array: Float32Array | Uint16Array, itemSize: number);
  }
  export class BufferGeometry {
    readonly attributes: Readonly<Record<string, BufferAttribute>>;
    setAttribute(name: string, attribute: BufferAttribute): this;
  }
  export class Bone {
    name: string;
    readonly position: Vector3;
    readonly matrixWorld: Matrix4;
    add(child: Bone): this;
    updateMatrixWorld(force: boolean): void;
  }
  export class Skeleton {
    constructor(bones: Bone[], inverses: Matrix4[]);
  }
  export class QuaternionKeyframeTrack {
    constructor(name: string, times: readonly number[], values: readonly number[]);
  }
  export class VectorKeyframeTrack extends QuaternionKeyframeTrack {}
  export class AnimationClip {
    constructor(name: string, duration: number, tracks: readonly QuaternionKeyframeTrack[]);
  }
  export interface AnimationAction {
    time: number;
    play(): this;
    setEffectiveWeight(weight: number): this;
  }
  export class AnimationMixer {
    constructor(root: Bone);
    clipAction(clip: AnimationClip): AnimationAction;
    update(seconds: number): this;
  }
  export class SkinnedMesh {
    constructor(geometry: BufferGeometry);
    bind(skeleton: Skeleton, matrix: Matrix4): void;
    applyBoneTransform(index: number, target: Vector3): Vector3;
  }
}
