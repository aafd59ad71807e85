import { expect, test } from "vitest";
import {
  array,
  bool,
  component,
  createWorld,
  event,
  f32,
  f64,
  i16,
  kernel,
  str,
  u8,
  vec2,
  vec3,
} from "../../src/index.ts";

test("a kernel emits vectors, arrays, texts and integers that saturate", () => {
  const Note = component("Note", { text: str, level: f32 });
  const Told = event("Told", { text: str, at: vec3(f32), list: array(u8, 2), loud: bool, exact: f64, low: i16 });
  const tell = kernel("tell", { read: [Note], uses: [Told] }, (note, k) => {
    if (note.level > 2)
      k.emit(Told, {
        text: note.text,
        at: { x: note.level, z: -1 },
        list: [note.level * 100, 7],
        loud: note.level > 4,
        exact: k.f64(note.level) / 10,
        low: -note.level * 1e4,
      });
  });
  for (const interpreted of [false, true]) {
    const world = createWorld({ components: [Note], events: [Told], chunkRows: 32 });
    world.spawnMany(90, [Note, { text: (i) => `note ${i % 4}`, level: (i) => i % 6 }]);
    tell.run(world, {}, { interpreted });
    const wanted = Array.from({ length: 90 }, (_, i) => i).filter((i) => i % 6 > 2);
    expect(world.events(Told)).toEqual(
      wanted.map((i) => ({
        text: `note ${i % 4}`,
        at: { x: i % 6, y: 0, z: -1 },
        list: [Math.min(255, (i % 6) * 100), 7],
        loud: i % 6 > 4,
        exact: (i % 6) / 10,
        low: Math.max(-32_768, -(i % 6) * 1e4),
        tick: 0,
      })),
    );
  }
});

test("a kernel emits no NaN where the event forbids it", () => {
  const Level = component("Level", { of: f32({ nan: true }) });
  const Strict = event("Strict", { at: vec2(f32), free: f32({ nan: true }) });
  const tell = kernel("tell", { read: [Level], uses: [Strict] }, (level, k) => {
    k.emit(Strict, { at: { y: level.of }, free: level.of });
  });
  const free = kernel("free", { read: [Level], uses: [Strict] }, (level, k) => {
    k.emit(Strict, { free: level.of });
  });
  for (const interpreted of [false, true]) {
    const world = createWorld({ components: [Level], events: [Strict] });
    world.spawnMany(40, [Level, { of: (i) => (i === 33 ? Number.NaN : i) }]);
    const hash = world.hash();
    const refused = { code: "nan-forbidden", operands: { event: "Strict", field: "at.y" } };
    expect(() => tell.run(world, {}, { interpreted })).toThrow(expect.objectContaining(refused));
    const step = () => world.step([tell.system({ interpreted })]);
    expect(step).toThrow(expect.objectContaining({ cause: expect.objectContaining(refused) }));
    expect(world.hash()).toBe(hash);
    free.run(world, {}, { interpreted });
    expect(world.events(Strict)[33]).toEqual({ at: { x: 0, y: 0 }, free: Number.NaN, tick: 0 });
  }
});
