import { describe, expect, it } from "vitest";
import { differences } from "../src/samples/differences.js";

describe("differences between recorded values and those that were read", () => {
  it("the comparison with recorded values reports a list with fewer or more entries than recorded", () => {
    expect(differences([1, 2, 3], [1, 2, 3], "list")).toEqual([]);
    expect(differences([1, 2, 3], [1, 2], "list")).toEqual(["list has 2 entries, recorded are 3"]);
    expect(differences([1, 2], [1, 2, 3], "list")).toEqual(["list has 3 entries, recorded are 2"]);
    expect(differences([null], [], "list")).toEqual(["list has 0 entries, recorded are 1"]);
    expect(differences([1], undefined, "list")).toEqual(["list is undefined, recorded is [1]"]);
  });

  it("the comparison with recorded values reports every place that differs", () => {
    const recorded = { a: 1, list: [{ b: "x" }, { b: "y" }], more: null };
    expect(differences(recorded, { a: 2, list: [{ b: "X" }, { b: "z" }] }, "")).toEqual([
      "a is 2, recorded is 1",
      'list[1].b is "z", recorded is "y"',
    ]);
  });

  it("the comparison with recorded values ignores the notation of integers, and values for which null is recorded", () => {
    expect(differences({ a: "0x10", b: "16", c: null }, { a: 16, b: "0x10", c: 7 }, "")).toEqual([]);
    expect(differences("0x10", 17, "a")).toEqual(['a is 17, recorded is "0x10"']);
  });
});
