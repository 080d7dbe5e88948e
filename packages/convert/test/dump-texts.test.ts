import { describe, expect, it } from "vitest";
import { DumpNotes } from "../src/dump/dump-notes.js";
import { storedText } from "../src/dump/stored-text.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("storedText", () => {
  it("ends at the first NUL", () => {
    const notes = new DumpNotes();
    expect(storedText(bytes("/bin/täst\0rest"), "the path", notes)).toBe("/bin/täst");
    expect(notes.lost).toEqual([]);
  });

  it("tells bytes that are no UTF-8", () => {
    const notes = new DumpNotes();
    expect(storedText(Uint8Array.of(0x61, 0xff, 0x62), "the path", notes)).toBe("a\ufffdb");
    expect(notes.lost).toEqual(["the path is no UTF-8: its other bytes are shown as U+FFFD"]);
  });

  it.each([
    ["x".repeat(70_000), 65_534],
    ["ä".repeat(40_000), 65_534],
    ["\u20ac".repeat(30_000), 65_532],
  ])("cuts a text that no field can hold, and tells it", (text, length) => {
    const notes = new DumpNotes();
    const kept = storedText(bytes(text), "the path", notes);
    expect(bytes(kept).length).toBeLessThanOrEqual(65_534);
    expect(bytes(kept).length).toBeGreaterThanOrEqual(length - 3);
    expect(notes.lost).toEqual([`the path has ${bytes(text).length} bytes and was cut`]);
  });
});

describe("DumpNotes", () => {
  it("counts a sentence that occurs again, and sentences above the bound", () => {
    const notes = new DumpNotes();
    for (let at = 0; at < 100; at++) notes.lose(`segment ${at % 60}`);
    notes.assume("y".repeat(1000));
    expect(notes.lost).toHaveLength(49);
    expect(notes.lost[0]).toBe("segment 0 (2 times)");
    expect(notes.lost.at(-1)).toMatch(/^\d+ more of this kind$/);
    expect(notes.assumed[0]).toHaveLength(801);
  });
});
