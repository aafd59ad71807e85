/** Rows of bits, one for each index, with as many columns: which indices each one is related to. */
export class Bits {
  readonly #words: number;
  readonly #bits: Uint32Array;

  constructor(rows: number, columns: number) {
    this.#words = (columns + 31) >>> 5;
    this.#bits = new Uint32Array(rows * this.#words);
  }

  has(row: number, column: number): boolean {
    return ((this.#bits[row * this.#words + (column >>> 5)]! >>> (column & 31)) & 1) === 1;
  }

  set(row: number, column: number): void {
    this.#bits[row * this.#words + (column >>> 5)]! |= 1 << (column & 31);
  }

  /** Sets what another row, perhaps of other bits with as many columns, has set. */
  unite(row: number, other: number, from: Bits = this): void {
    const [to, at] = [row * this.#words, other * this.#words];
    for (let w = 0; w < this.#words; w++) this.#bits[to + w]! |= from.#bits[at + w]!;
  }

  setRow(row: number): void {
    this.#bits.fill(0xffff_ffff, row * this.#words, (row + 1) * this.#words);
  }
}
