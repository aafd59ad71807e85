import { badArgument, expectInstance } from "../../core/argument.ts";
import { World } from "../../ecs/world.ts";

/** Throws `bad-argument`. */
export function expectWorld(world: World): void {
  expectInstance(world, World, "world", "a world");
}

/** A world, or a simulation: what takes inputs. Throws `bad-argument`. */
export function expectTarget(target: { input(...given: never[]): unknown }): void {
  if (typeof target?.input !== "function") throw badArgument("target", target, "a world or a simulation");
}
