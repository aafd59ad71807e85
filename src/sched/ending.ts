/** An end that comes once: who asks for it again waits for the same. */
export class Ending {
  #promise: Promise<void> | undefined;

  get begun(): boolean {
    return this.#promise !== undefined;
  }

  /** Those who are told of it while `end` runs find it begun. */
  begin(end: () => Promise<void>): Promise<void> {
    if (this.#promise === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#promise = promise;
      resolve(end());
    }
    return this.#promise;
  }
}
