/** Pixels are cut into so many parts: where a triangle's corners can lie. */
export const PARTS = 256;

/** How the triangles of a batch are lit. */
export type Lighting = "none" | "flat" | "smooth";

/**
 * Triangles on their way to the picture, as arrays that grow and are used again. A vertex has a place in parts of a pixel,
 * a depth, a light and, if the mesh has colours, three channels.
 */
export class Batch {
  vertices = 0;
  xs = new Int32Array(0);
  ys = new Int32Array(0);
  /** Depth: larger is nearer. */
  zs = new Float64Array(0);
  /** Cosine of the angle between normal and light, -1 to 1. */
  lights = new Float64Array(0);
  /** Red, green and blue of each vertex, 0 to 255. */
  tints = new Float64Array(0);

  triangles = 0;
  /** Three vertices a triangle. */
  corners = new Uint32Array(0);
  /** Like {@link lights}, for flat lighting: one a triangle, as its front has it. */
  faces = new Float64Array(0);

  /** Makes it empty, with room for some vertices and triangles. */
  reset(vertices: number, triangles: number): void {
    this.vertices = 0;
    this.triangles = 0;
    if (this.xs.length < vertices) this.#growVertices(vertices);
    if (this.faces.length < triangles) this.#growTriangles(triangles);
  }

  /** Adds a vertex at (x, y) pixels; returns its number. */
  vertex(x: number, y: number, depth: number, light: number): number {
    if (this.vertices === this.xs.length) this.#growVertices(2 * this.vertices + 64);
    const vertex = this.vertices++;
    this.xs[vertex] = Math.floor(x * PARTS + 0.5);
    this.ys[vertex] = Math.floor(y * PARTS + 0.5);
    this.zs[vertex] = depth;
    this.lights[vertex] = light;
    return vertex;
  }

  triangle(a: number, b: number, c: number, face: number): void {
    if (this.triangles === this.faces.length) this.#growTriangles(2 * this.triangles + 64);
    const at = 3 * this.triangles;
    this.corners[at] = a;
    this.corners[at + 1] = b;
    this.corners[at + 2] = c;
    this.faces[this.triangles++] = face;
  }

  #growVertices(count: number): void {
    this.xs = grown(this.xs, new Int32Array(count));
    this.ys = grown(this.ys, new Int32Array(count));
    this.zs = grown(this.zs, new Float64Array(count));
    this.lights = grown(this.lights, new Float64Array(count));
    this.tints = grown(this.tints, new Float64Array(3 * count));
  }

  #growTriangles(count: number): void {
    this.corners = grown(this.corners, new Uint32Array(3 * count));
    this.faces = grown(this.faces, new Float64Array(count));
  }
}

function grown<A extends Int32Array | Uint32Array | Float64Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
