/** `TextSearch` against a search that looks at byte after byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScanCore, ScanWindow, type TextKind, TextSearch } from "../../src/scan/index.js";

const CAPACITY = 1 << 16;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);
const search = new TextSearch(core);

const KINDS: readonly TextKind[] = ["ascii", "utf-8", "utf-16le-even", "utf-16le-odd", "utf-16be-even", "utf-16be-odd"];

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x20 && byte <= 0x7e) || byte === 9);
}

/** All runs of the characters of one kind, however short. */
function naiveRuns(bytes: Uint8Array, kind: TextKind): [number, number][] {
  const runs: [number, number][] = [];
  const add = (start: number, end: number) => {
    const last = runs.at(-1);
    if (last?.[1] === start) last[1] = end;
    else runs.push([start, end]);
  };
  if (kind === "ascii" || kind === "utf-8") {
    for (const [i, byte] of bytes.entries()) if (isPrintable(byte) || (kind === "utf-8" && byte >= 0x80)) add(i, i + 1);
    return runs;
  }
  for (let i = kind.endsWith("odd") ? 1 : 0; i + 1 < bytes.length; i += 2) {
    const [letter, zero] = kind.startsWith("utf-16le") ? [bytes[i], bytes[i + 1]] : [bytes[i + 1], bytes[i]];
    if (isPrintable(letter) && zero === 0) add(i, i + 2);
  }
  return runs;
}

function naive(bytes: Uint8Array, kind: TextKind, shortest: number, edge: number): [number, number][] {
  return naiveRuns(bytes, kind).filter(([start, end]) => end - start >= shortest || start <= edge || end + 1 >= bytes.length);
}

/** The bytes before and behind the content would continue any run. */
function found(bytes: Uint8Array, kind: TextKind, shortest: number, edge = 0, start = 3): [number, number][] {
  for (let i = 0; i < 200; i++) window.bytes[i] = i % 2 === 0 ? 0x41 : 0;
  window.bytes.set(bytes, start);
  window.bytes.set([0x41, 0, 0x41, 0, 0x41], start + bytes.length);
  const runs: [number, number][] = [];
  for (const batch of search.runs(window, { kind, shortest, length: bytes.length, start, edge })) {
    for (let i = 0; i < batch.length; i += 2) runs.push([batch[i] ?? 0, batch[i + 1] ?? 0]);
  }
  return runs;
}

const byte = fc.constantFrom(0, 0, 0x41, 0x41, 0x20, 0x7e, 0x7f, 0x1f, 9, 0x80, 0xc3);
const content = fc.array(byte, { maxLength: 400 }).map((list) => Uint8Array.from(list));
/** Long runs of text and of zeros, so that runs reach across the blocks of the kernel. */
const longRuns = fc
  .array(fc.tuple(fc.constantFrom("A", "A\0", "\0A", "\0", "\x80", "é"), fc.integer({ min: 1, max: 200 })), { maxLength: 8 })
  .map((parts) => Uint8Array.from(Buffer.from(parts.map(([text, times]) => text.repeat(times)).join(""), "latin1")));

describe("TextSearch", () => {
  it.each(KINDS)("finds the runs of %s that a search byte by byte finds", (kind) => {
    fc.assert(
      fc.property(
        fc.oneof(content, longRuns),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 0, max: 90 }),
        (bytes, shortest, edge) => {
          expect(found(bytes, kind, shortest, edge)).toEqual(naive(bytes, kind, shortest, edge));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each(KINDS)("finds a run of %s of every length at every place around the blocks of the kernel", (kind) => {
    const character = kind.startsWith("utf-16le") ? [0x41, 0] : kind.startsWith("utf-16be") ? [0, 0x41] : [0x41];
    for (let place = 0; place < 140; place++) {
      for (const times of [1, 4, 31, 32, 33, 64, 65]) {
        const bytes = new Uint8Array(place + 140).fill(1);
        for (let i = 0; i < times; i++) bytes.set(character, place + i * character.length);
        expect(found(bytes, kind, 8)).toEqual(naive(bytes, kind, 8, 0));
      }
    }
  });

  it("gives more runs than one call of the kernel writes in several batches", () => {
    const bytes = Uint8Array.from({ length: CAPACITY - 300 }, (_, i) => (i % 3 === 0 ? 0 : 0x41));
    expect(found(bytes, "ascii", 2, 0, 200)).toEqual(naive(bytes, "ascii", 2, 0));
  });
});
