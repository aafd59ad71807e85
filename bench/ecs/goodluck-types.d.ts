declare module "goodluck" {
  export class WorldImpl {
    Signature: number[];
    CreateEntity(): number;
    DestroyEntity(entity: number): void;
  }
}
