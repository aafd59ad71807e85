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
