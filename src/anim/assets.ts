import { expectInstance, expectText, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Model } from "./model.ts";

/** Most models: their numbers are u16. */
const MODELS_MAX = 65_535;

/**
 * Models by name and by number. The columns of a world hold numbers, which stay when a model is replaced by a newer one: so a file can be
 * loaded again while what it moves goes on. The order in which models are added decides their numbers: it is part of what a world depends on,
 * as the models themselves are.
 */
export class AnimAssets {
  readonly #models: Model[] = [];
  readonly #names: string[] = [];
  /** Grows with each replacement: what was looked up before is out of date. */
  version = 0;

  /** Adds a model; returns its number. Throws `name-taken`, `anim-asset` when there are too many. */
  add(name: string, model: Model): number {
    expectText(name, "name");
    if (this.#names.includes(name))
      throw new WorldloomError("name-taken", `There is a model "${name}" already; replace() it.`, { name });
    expectInstance(model, Model, "model", "a Model");
    if (this.#models.length >= MODELS_MAX)
      throw new WorldloomError("anim-asset", `There are ${MODELS_MAX} models, the most.`, { most: MODELS_MAX });
    this.#names.push(name);
    return this.#models.push(model) - 1;
  }

  /** Puts another model in the place of one; returns the former, which is no longer used and may be disposed. Throws `anim-asset`. */
  replace(name: string, model: Model): Model {
    const number = this.number(name);
    expectInstance(model, Model, "model", "a Model");
    const former = this.#models[number]!;
    this.#models[number] = model;
    this.version++;
    return former;
  }

  /** The number of the model of that name. Throws `anim-asset`. */
  number(name: string): number {
    const number = this.#names.indexOf(name);
    if (number >= 0) return number;
    const names = this.#names.join(", ");
    throw new WorldloomError(
      "anim-asset",
      `There is no model "${said(name)}"; there ${names ? `is ${names}` : "are none"}.`,
      {
        name,
      },
    );
  }

  /** The model of that number. Throws `anim-asset`. */
  model(number: number): Model {
    const model = typeof number === "number" ? this.#models[number] : undefined;
    if (model !== undefined) return model;
    throw new WorldloomError(
      "anim-asset",
      `There is no model number ${said(number)}; there are ${this.#models.length}.`,
      {
        number,
      },
    );
  }

  get count(): number {
    return this.#models.length;
  }

  /** Disposes all models. */
  dispose(): void {
    for (const model of this.#models) model.dispose();
    this.#models.length = 0;
    this.#names.length = 0;
    this.version++;
  }
}
