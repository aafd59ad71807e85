import { describe, expect, it } from "vitest";
import { Health, Stage } from "./stage.ts";

describe("Text", () => {
  it("has texts by the ids that columns hold", () => {
    const stage = new Stage();
    const who = stage.world.spawn([Health, { label: "shot" }]);
    stage.run(who, (call) => {
      const shot = call("Text.id", "shot") as number;
      expect(shot).toBe(stage.world.core.strings.find("shot"));
      expect(call("Text.get", shot)).toBe("shot");
      expect(call("Text.get", 0)).toBe("");
      expect(call("Text.id", "")).toBe(0);
      const fresh = call("Text.id", "grün\u0000") as number;
      expect(call("Text.id", "grün\u0000")).toBe(fresh);
      expect(call("Text.get", fresh)).toBe("grün\u0000");
    });
    expect(stage.world.string(stage.world.core.strings.find("grün\u0000"))).toBe("grün\u0000");
  });
  it.each([
    [-1, "an integer of at least 0, got -1"],
    [1.5, "an integer of at least 0, got 1.5"],
    ["shot", 'an integer of at least 0, got "shot"'],
    [undefined, "an integer of at least 0, got nothing"],
    [999_999, "the id of a text, got 999999"],
    [2 ** 40, "the id of a text, got 1099511627776"],
  ])("Text.get refuses %s", (id, expected) => {
    const stage = new Stage();
    stage.run(stage.world.spawn(Health), (call) =>
      expect(() => call("Text.get", id)).toThrow(`Text.get: id: expected ${expected}`),
    );
  });
  it("needs the capability world to look at texts, and none to have them", () => {
    const stage = new Stage({ capabilities: [] });
    stage.run(stage.world.spawn(Health), (call) => {
      expect(() => call("Text.get", 0)).toThrow(/Text.get: denied, .* world/);
      expect(call("Text.id", "new")).toBeGreaterThan(0);
      expect(() => call("Text.id", 5)).toThrow("Text.id: text: expected a string, got 5");
    });
  });
  it("ends where the world has as many texts as it may have", () => {
    const stage = new Stage({ limits: { strings: 16 } });
    stage.run(stage.world.spawn(Health), (call) =>
      expect(() => {
        for (let n = 0; n < 17; n++) call("Text.id", `text ${n}`);
      }).toThrow("The world has as many texts as it may have"),
    );
  });
});
