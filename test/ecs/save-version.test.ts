import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { array, ChildOf, component, createWorld, event, f32, loadWorld, relation, resource, str, u8 } from "worldloom";

const Body = component("Body", { mass: f32({ default: 2 }), tags: array(u8, 3), kind: str({ default: "rock" }) });
const Near = relation("Near", { metres: f32 }, { exclusive: false });
const Clock = resource("Clock", { hour: u8 });
const Crash = event("Crash", { force: f32 });
const types = { components: [Body, ChildOf, Near], resources: [Clock], events: [Crash] };

/** A file of version 1, deflated. A change that cannot read it any more raises `VERSION` and keeps a way to read it. */
const FILE = [
  "eNrtkN+K00AUxk/aXddVBMEXCOeyzkXSP9vuQKFaBS9EQUUvjBdxMm2H/Jk6M+laQsCH8gW8X5/AdxFpTNu0u76AzA8GTma+73wn58PLt0/eP3",
  "9wzwGA74+g4kf56/T8xePWpv7tABQ4E9mcq6USmUE67Hujge8NL/xBv385vCSo2YKnIdKPyGS6lBnPjPtURusiDbWms16344+7xIRzTfNRpzf2",
  "SCyyiGqjOv5YSRaXrushQcWT0AiZudOFSKLXs8KEas4N5ZkRZt3xx17pFgHyryzJtVjxAKlROScByuxdJX3G9TK8ygKkAUbbmgQYsjVLBKsN5W",
  "HaKx6qIuVG8e2wN3NmYaL/FaR4Kjeig5zKsA3SMleMu9NEsrhYyFxt9lDFVAK+2mxsqkK9KGZSMb4fw+3iJ4JskWfxG3mlkfa6BDXnEdJLgkaw",
  "GKlPMBGpMBppgdWuBNdIfa8/GgwvCH7Juapvun2C2iiRzZuCKn9/URI04eekcvglQBv+ng0O7DmpzykAnANAq/6+f6RVIIFBDAwSkJBDBCtI6/",
  "c2HOKAU/VpHWVBnePc4juDmzi3+AEe7qqf19djp9XeaZw68/gfnYYHACbQ0G17njXyjt+O/N/uNLQnjazDeSeTu41+2/3vtK02WCwWi8VisVgs",
  "FovFYvm/+QN3qLZ0",
];

test("a file of version 1 is read by this version", () => {
  const world = createWorld({ ...types, seed: 9, chunkRows: 32 });
  const a = world.spawn([Body, { mass: 0.1, tags: [1, 2, 3] }]);
  const b = world.spawn([Body, { kind: "cloud" }]);
  world.despawn(world.spawn());
  world.relate(b, ChildOf, a);
  world.relate(a, Near, b, { metres: -0 });
  world.setResource(Clock, { hour: 7 });
  world.step([]);
  world.emit(Crash, { force: 3 });
  world.attach("vm", { bytes: Uint8Array.of(1, 2, 3) });
  const loaded = loadWorld(inflateSync(Buffer.from(FILE.join(""), "base64")), types);
  expect(loaded.contentHash()).toBe(world.contentHash());
  expect(loaded.hash()).toBe(world.hash());
  expect(loaded.diff(world).empty).toBe(true);
  expect(Array.from(loaded.region("vm")!.bytes)).toEqual([1, 2, 3]);
});
