/** `AesSchedules` against key expansion as FIPS 197 describes it, word by word, and against its published vectors. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AesSchedules, ScanCore, ScanWindow } from "../../src/scan/index.js";
import { expandKey, inverseSchedule, reversedWords } from "../support/aes-expansion.js";

const CAPACITY = 1 << 14;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);
const search = new AesSchedules(core);

/** Bytes behind the content continue with `behind`, so that a kernel that looks too far finds more. */
function found(content: Uint8Array, first = 0, behind: Uint8Array = new Uint8Array(64)): string[] {
  const start = 5;
  window.bytes.fill(0).set(content, start);
  window.bytes.set(behind, start + content.length);
  return [...search.schedules(window, { start, length: content.length, first })].map(
    ({ offset, length, key, reversed, inverse }) =>
      `${offset}+${length} ${Buffer.from(key).toString("hex")}${reversed ? " reversed" : ""}${inverse ? " inverse" : ""}`,
  );
}

/** FIPS 197, appendix A: the keys, and the last round keys of their expansions. */
const VECTORS = [
  ["2b7e151628aed2a6abf7158809cf4f3c", "d014f9a8c9ee2589e13f0cc8b6630ca6"],
  ["8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "e98ba06f448c773c8ecc720401002202"],
  ["603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "fe4890d1e6188d0b046df344706c631e"],
] as const;

const FORMS = [
  { name: "", form: (schedule: Uint8Array) => schedule },
  { name: " reversed", form: reversedWords },
  { name: " inverse", form: inverseSchedule },
  { name: " reversed inverse", form: (schedule: Uint8Array) => reversedWords(inverseSchedule(schedule)) },
];

describe("AesSchedules", () => {
  it.each(VECTORS)("finds the published expansion of %s in all forms", (key, last) => {
    const schedule = expandKey(Buffer.from(key, "hex"));
    expect(Buffer.from(schedule.subarray(-16)).toString("hex")).toBe(last);
    for (const { name, form } of FORMS) {
      const content = new Uint8Array(1000).fill(0x5a);
      content.set(form(schedule), 400);
      expect(found(content)).toEqual([`400+${schedule.length} ${key}${name}`]);
    }
  });

  it("finds schedules of random keys at all offsets of four bytes, and none that is cut off at either end", () => {
    const scene = fc.record({
      key: fc.constantFrom(16, 24, 32).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
      form: fc.constantFrom(...FORMS),
      before: fc.nat(60),
      cut: fc.constantFrom(0, 0, 1, 4),
      filler: fc.constantFrom(0, 0xff, 0x41),
    });
    fc.assert(
      fc.property(scene, ({ key, form: { name, form }, before, cut, filler }) => {
        const schedule = form(expandKey(key));
        const content = new Uint8Array(before + schedule.length).fill(filler);
        content.set(schedule, before);
        const whole = cut === 0 ? [`${before}+${schedule.length} ${Buffer.from(key).toString("hex")}${name}`] : [];
        const behind = schedule.subarray(schedule.length - cut);
        expect(found(content.subarray(0, content.length - cut), before % 4, behind)).toEqual(whole);
        expect(found(content, (before + 1) % 4)).toEqual([]);
        expect(found(content.subarray(before + 4))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a schedule with one wrong bit, wherever it is", () => {
    for (const [key] of VECTORS) {
      for (const { form } of FORMS) {
        const schedule = form(expandKey(Buffer.from(key, "hex")));
        for (let bit = 0; bit < 8 * schedule.length; bit += 5) {
          const wrong = schedule.slice();
          wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(found(wrong)).toEqual([]);
        }
      }
    }
  });

  it("finds more schedules than one call of the kernel writes", () => {
    const small = new ScanWindow(core, 300 * 176);
    const schedule = expandKey(Buffer.alloc(16, 7));
    for (let i = 0; i < 300; i++) small.bytes.set(schedule, 176 * i);
    expect([...search.schedules(small, { length: 300 * 176 })].map(({ offset }) => offset)).toEqual(
      Array.from({ length: 300 }, (_, i) => 176 * i),
    );
    small.release();
  });

  it("finds nothing in zeros, in one repeated word, and in words that fulfil the equations without the S-box", () => {
    expect(found(new Uint8Array(2000))).toEqual([]);
    expect(found(new Uint8Array(2000).fill(0xff))).toEqual([]);
    const words = new Uint32Array(500).fill(0x12345678, 0, 8);
    for (let i = 8; i < words.length; i++) words[i] = (words[i - 4] ?? 0) ^ (words[i - 1] ?? 0);
    expect(found(new Uint8Array(words.buffer))).toEqual([]);
  });
});
