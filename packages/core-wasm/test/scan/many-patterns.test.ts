/** `ManyPatterns` against a search that compares byte by byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManyPatterns, type MaskedPattern, packPatterns, ScanCore, ScanWindow } from "../../src/scan/index.js";

const CAPACITY = 1 << 15;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);

function naive(bytes: Uint8Array, patterns: readonly MaskedPattern[]): string[] {
  const found: string[] = [];
  for (const [index, { values, masks }] of patterns.entries()) {
    for (let start = 0; start + values.length <= bytes.length; start++) {
      if (values.every((value, i) => ((bytes[start + i] ?? 0) & (masks[i] ?? 0)) === (value & (masks[i] ?? 0))))
        found.push(`${start}:${index}`);
    }
  }
  return found.sort();
}

/** Takes all steps at once. */
function made<T>(work: Generator<number, T, void>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

function searchFor(patterns: readonly MaskedPattern[], on = core): ManyPatterns {
  return made(ManyPatterns.of(on, made(packPatterns(patterns))));
}

/** The bytes before and behind the content continue it, so that a kernel that looks too far finds more. */
function found(bytes: Uint8Array, patterns: readonly MaskedPattern[], start = 7): string[] {
  const search = searchFor(patterns);
  window.bytes.fill(0x61);
  window.bytes.set(bytes, start);
  const matches: string[] = [];
  for (const batch of search.matches(window, bytes.length, start)) {
    for (let i = 0; i < batch.length; i += 2) matches.push(`${batch[i]}:${batch[i + 1]}`);
  }
  search.release();
  return matches.sort();
}

const byte = fc.constantFrom(0x41, 0x61, 0x62, 0);
const bytes = (minLength: number, maxLength: number) =>
  fc.array(byte, { minLength, maxLength }).map((list) => Uint8Array.from(list));
/** A pattern with a key of at least four bytes, and masks of any kind around it. */
const keyed = fc
  .tuple(bytes(0, 3), bytes(4, 12), bytes(0, 3), fc.boolean(), fc.constantFrom(0, 0xf0))
  .map(([before, key, behind, ignoreCase, mask]) => {
    const letterMask = (value: number) => (ignoreCase && value !== 0 ? 0xdf : 0xff);
    return {
      values: Uint8Array.of(...before, ...key, ...behind),
      masks: Uint8Array.of(...before.map(() => mask), ...Array.from(key, letterMask), ...behind.map(() => mask)),
    };
  });
/** A pattern of bytes that are compared whole, of which few are different, so that keys have equal grams. */
const plain = (shortest: number) =>
  bytes(shortest, shortest + 9).map((values) => ({ values, masks: new Uint8Array(values.length).fill(0xff) }));
/** A pattern of a few bytes with any masks: most have no key. */
const anchored = fc
  .array(fc.tuple(byte, fc.constantFrom(0xff, 0xff, 0xdf, 0xf0, 0x0f, 0x81, 0)), { minLength: 1, maxLength: 9 })
  .map((list) => ({ values: Uint8Array.from(list, ([value]) => value), masks: Uint8Array.from(list, ([, mask]) => mask) }));
/** A long pattern that repeats itself, with another byte somewhere. */
const repeating = fc
  .tuple(bytes(1, 3), fc.integer({ min: 100, max: 300 }), fc.nat(300), byte)
  .map(([period, length, place, other]) => {
    const values = Uint8Array.from({ length }, (_, i) => (i === place ? other : (period[i % period.length] ?? 0)));
    return { values, masks: new Uint8Array(length).fill(0xff) };
  });

describe("ManyPatterns", () => {
  it("finds the matches of every pattern that a comparison byte by byte finds", () => {
    fc.assert(
      fc.property(bytes(0, 400), fc.array(fc.oneof(keyed, anchored), { minLength: 1, maxLength: 30 }), (content, patterns) => {
        expect(found(content, patterns)).toEqual(naive(content, patterns));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 30])(
    "finds the same for patterns of at least %i bytes, wherever they begin",
    (shortest) => {
      fc.assert(
        fc.property(
          fc.array(plain(shortest), { minLength: 1, maxLength: 20 }),
          bytes(0, 100),
          fc.nat(40),
          (patterns, around, gap) => {
            const content = Uint8Array.from(patterns.flatMap(({ values }) => [...around.subarray(0, gap), ...values, ...around]));
            expect(found(content, patterns)).toEqual(naive(content, patterns));
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it.each([4, 5, 7, 8, 11, 14])(
    "finds the same for texts of at least %i bytes, with and without case, among bytes that no text has",
    (shortest) => {
      const letters = fc.array(fc.constantFrom(0x41, 0x61, 0x62, 0x42, 0x7f), { minLength: shortest, maxLength: shortest + 6 });
      const text = fc.tuple(letters, fc.boolean()).map(([values, ignoreCase]) => ({
        values: Uint8Array.from(values),
        masks: new Uint8Array(values.length).fill(ignoreCase ? 0xdf : 0xff),
      }));
      const others = fc.array(fc.constantFrom(0, 0, 0, 0xff, 0x80, 0xc1, 0x41, 0x61), { maxLength: 150 });
      const placed = fc.array(fc.tuple(text, others, fc.boolean()), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(placed, (parts) => {
          const content = parts.flatMap(([{ values }, gap, swapsCase]) => [
            ...gap,
            ...values.map((value) => (swapsCase && value !== 0x7f ? value ^ 0x20 : value)),
          ]);
          const patterns = parts.map(([pattern]) => pattern);
          expect(found(Uint8Array.from(content), patterns)).toEqual(naive(Uint8Array.from(content), patterns));
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each([
    ["texts", 0x41, 0xff],
    ["texts without case", 0x41, 0xdf],
    ["bytes above 0x7f", 0xa1, 0xff],
    ["bytes around 0x7f", 0x7a, 0xff],
    ["bytes from 0 on", 0, 0xff],
    ["control characters without case", 0x20, 0xdf],
  ])("finds each of several patterns of %s alone among other bytes, at every offset", (_, first, mask) => {
    for (const length of [4, 5, 8, 12]) {
      const patterns = Array.from({ length: 9 }, (_, i) => ({
        values: Uint8Array.from({ length }, (_, k) => first + ((i + k * k) % 13)),
        masks: new Uint8Array(length).fill(mask),
      }));
      const search = searchFor(patterns);
      for (let offset = 0; offset < 150; offset++) {
        const index = offset % patterns.length;
        window.bytes.fill(0xee, 0, 500).set(patterns[index]?.values ?? [], offset);
        const matches: number[] = [];
        for (const batch of search.matches(window, 400)) matches.push(...batch);
        expect(matches).toEqual([offset, index]);
      }
      search.release();
    }
  });

  it("finds long patterns that repeat themselves wherever they match, and nowhere else", () => {
    const content = fc.tuple(bytes(1, 3), bytes(0, 3), fc.nat(900)).map(([period, other, place]) => {
      const all = Uint8Array.from({ length: 1200 }, (_, i) => period[i % period.length] ?? 0);
      all.set(other, place);
      return all;
    });
    fc.assert(
      fc.property(content, fc.array(repeating, { minLength: 1, maxLength: 4 }), (all, patterns) => {
        expect(found(all, patterns)).toEqual(naive(all, patterns));
      }),
      { numRuns: 300 },
    );
  });

  it("forgets what it knows of one window when it looks at the next one", () => {
    const pattern = { values: new Uint8Array(300).fill(0x41), masks: new Uint8Array(300).fill(0xff) };
    const search = searchFor([pattern]);
    const offsets = () => [...search.matches(window, 500)].flatMap((batch) => [...batch]).filter((_, i) => i % 2 === 0);
    window.bytes.fill(0x41, 0, 500);
    expect(offsets()).toHaveLength(201);
    window.bytes[250] = 0;
    expect(offsets()).toEqual([]);
    search.release();
  });

  it("pauses where comparisons take long", () => {
    // Of each place, half of the pattern matches: with masks, nothing that is known of one place holds for the next one.
    const values = new Uint8Array(20_000);
    values[19_999] = 1;
    const masks = new Uint8Array(20_000).fill(0xff);
    masks[0] = 0xfe;
    const search = searchFor([{ values, masks }]);
    window.bytes.fill(0);
    const batches = [...search.matches(window, CAPACITY)].map(({ length }) => length);
    expect(batches.length).toBeGreaterThan(20);
    expect(batches.every((length) => length === 0)).toBe(true);
    search.release();
  });

  it.each([
    [1000, 6],
    [10_000, 6],
    [60_000, 5],
    [10_000, 20],
    [300_000, 6],
  ])("finds %i random patterns of at least %i bytes where they were planted", (count, shortest) => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
    const patterns = Array.from({ length: count }, (_, i) => {
      const values = Uint8Array.from({ length: shortest + (i % 20) }, random);
      return { values, masks: new Uint8Array(values.length).fill(0xff) };
    });
    const content = Uint8Array.from({ length: CAPACITY - 64 }, random);
    const planted = new Set<string>();
    for (let at = 0, i = 0; at + 41 < content.length; at += 41, i += 13) {
      const index = i % patterns.length;
      content.set(patterns[index]?.values ?? [], at);
      planted.add(`${at}:${index}`);
    }
    expect(found(content, patterns).filter((match) => !planted.delete(match))).toEqual([]);
    expect([...planted]).toEqual([]);
  });

  it("gives more matches than one call of the kernel writes in several batches", () => {
    const content = new Uint8Array(CAPACITY - 7).fill(0x41);
    const patterns = [4, 9].map((length) => ({
      values: new Uint8Array(length).fill(0x41),
      masks: new Uint8Array(length).fill(0xff),
    }));
    expect(found(content, patterns)).toHaveLength(content.length - 3 + content.length - 8);
  });

  it("refuses a list without patterns, a pattern without bytes, and a pattern whose masks are of another number", () => {
    expect(() => searchFor([])).toThrow(TypeError);
    expect(() => searchFor([{ values: new Uint8Array(0), masks: new Uint8Array(0) }])).toThrow(TypeError);
    expect(() => searchFor([{ values: new Uint8Array(2), masks: new Uint8Array(1) }])).toThrow(TypeError);
  });

  it("gives its areas back on release", () => {
    const small = new ScanCore();
    const one = { values: new Uint8Array(8), masks: new Uint8Array(8).fill(255) };
    for (let i = 0; i < 500; i++) searchFor([one], small).release();
    expect(small.memory.bytes.length).toBeLessThan(1 << 20);
  });

  it.each([
    [[6, 6, 6, 6, 6], false],
    [[6, 7, 8, 300, 6, 6], true],
    [[6, 7, 8, 300, 6, 5], false],
    [Array.from({ length: 11 }, () => 3), false],
    [Array.from({ length: 12 }, () => 1), true],
    [[], false],
  ])("is said to be faster for patterns of %j bytes: %s", (lengths, expected) => {
    expect(ManyPatterns.isFasterFor(Uint32Array.from(lengths))).toBe(expected);
  });
});
