/** BLAKE3 of messages in windows of shared memory. Threads are played by the thread of the test. */
import { blake3 as nobleBlake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Blake3, SharedWindows } from "../src/index.js";
import { SubtreeThread } from "../src/subtrees/subtree-thread.js";
import { referenceChainingValue } from "./oracle/blake3-reference.js";
import { hex, officialInput } from "./support/blake3-input.js";

const KIB = 1024;
const LONG = officialInput(1024 * KIB);

/** Who hashes a window: a thread; otherwise the coordinator, out of turn or when it merges the window. */
type Hashing = (window: number) => boolean;

/**
 * The digests of all `length` bytes of LONG behind `start`, and of the same bytes behind `other` bytes of LONG, in windows of the given lengths by
 * turns.
 */
function digests(start: number, other: number, lengths: readonly number[], length: number, byThread: Hashing): string[] {
  const windows = new SharedWindows({ threads: 2, windows: 3, windowBytes: 64 * KIB });
  const threads = [new SubtreeThread(windows.thread()), new SubtreeThread(windows.thread())];
  const messages = [start, other].map((before) => {
    const begun = new Blake3().update(LONG.subarray(0, before));
    const hasher = begun.copyTo(windows.core);
    begun.release();
    return { hasher, before };
  });
  for (let at = 0, turn = 0; at < length; turn++) {
    const taken = Math.min(lengths[turn % lengths.length] ?? 1, length - at);
    const window = turn % 3;
    const first = taken >> 1;
    windows.fill(window, 0, LONG.subarray(at, at + first));
    windows.fill(window, first, LONG.subarray(at + first, at + taken));
    const job = windows.job(window, taken, messages);
    const own = turn % 2 === 0 ? windows.hash(job) : undefined;
    windows.merge(window, taken, messages, byThread(turn) ? threads[turn % 2]?.hash(job) : own);
    for (const message of messages) message.before += taken;
    at += taken;
  }
  return messages.map(({ hasher }) => hex(hasher.digest()));
}

function expected(start: number, length: number): string {
  const message = new Uint8Array(start + length);
  message.set(LONG.subarray(0, start));
  message.set(LONG.subarray(0, length), start);
  return hex(nobleBlake3(message));
}

it("SharedWindows yields the digests of noble for messages that end around chunks, subtrees and windows", () => {
  const sizes = [1, KIB, 2 * KIB, 4 * KIB, 5 * KIB, 63 * KIB, 64 * KIB, 65 * KIB, 128 * KIB, 192 * KIB, 256 * KIB];
  for (const length of sizes.flatMap((size) => [size - 1, size, size + 1])) {
    for (const [start, other] of [
      [64, 0],
      [0, 1024],
      [1023, 1025],
      [80, 65_536],
    ] as const) {
      const name = `${length} bytes behind ${start} and ${other}`;
      expect(
        digests(start, other, [64 * KIB], length, () => true),
        name,
      ).toEqual([expected(start, length), expected(other, length)]);
    }
  }
});

it("SharedWindows yields the digests of noble whatever windows hold, and whichever of them a thread hashes", () => {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 64 * KIB }),
    fc.integer({ min: 1, max: 64 }).map((chunks) => chunks * KIB),
  );
  const start = fc.oneof(
    fc.nat(3000),
    fc.nat(300).map((chunks) => chunks * KIB),
  );
  fc.assert(
    fc.property(
      start,
      start,
      fc.array(length, { minLength: 1, maxLength: 8 }),
      fc.nat(400_000),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      (first, second, lengths, total, byThread) => {
        expect(digests(first, second, lengths, total, (turn) => byThread[turn % byThread.length] === true)).toEqual([
          expected(first, total),
          expected(second, total),
        ]);
      },
    ),
    { numRuns: 100, seed: 1 },
  );
});

it("SharedWindows keeps full windows apart whose bytes lie at any place of a word, and tells which bytes it copies quickly", () => {
  const windows = new SharedWindows({ threads: 1, windows: 3, windowBytes: 64 * KIB });
  const places = [7, 0, 3];
  const bytes = (window: number, from: number, to: number) =>
    LONG.subarray(8 * KIB * window + (places[window] ?? 0) + from, 8 * KIB * window + (places[window] ?? 0) + to);
  for (const window of [0, 2, 1]) {
    expect(windows.fillsQuickly(window, 0, bytes(window, 0, 1))).toBe(true);
    windows.fill(window, 0, bytes(window, 0, 100));
    const found = [99, 100, 101, 107, 108].map((from) => windows.fillsQuickly(window, 100, bytes(window, from, 64 * KIB)));
    expect(found).toEqual([false, true, false, false, true]);
    windows.fill(window, 100, bytes(window, 100, 64 * KIB));
  }
  for (const window of [0, 1, 2]) {
    const hasher = new Blake3(windows.core);
    windows.merge(window, 64 * KIB, [{ hasher, before: 0 }], undefined);
    expect(hex(hasher.digest())).toBe(hex(nobleBlake3(bytes(window, 0, 64 * KIB))));
  }
});

it("SubtreeThread returns the chaining values of the scalar reference for all subtrees of a range, far into a message too", () => {
  const windows = new SharedWindows({ threads: 1, windows: 1, windowBytes: 64 * KIB });
  const thread = new SubtreeThread(windows.thread());
  windows.fill(0, 0, LONG.subarray(0, 64 * KIB));
  // The subtrees of each range, by hand.
  for (const [firstChunk, subtrees] of [
    [1, [1, 2, 4, 8, 16, 32]],
    [2 ** 32 + 4, [4, 8, 16, 16, 2, 1]],
    [2 ** 40, [32, 8, 4, 2, 1]],
    [7, [1, 8, 16, 32]],
    [64, [32, 4]],
  ] as const) {
    const before = firstChunk * KIB;
    const chunks = subtrees.reduce((sum: number, count) => sum + count, 0);
    const job = windows.job(0, chunks * KIB, [{ hasher: new Blake3(), before }]);
    let at = 0;
    const values = subtrees.map((count) => {
      const value = referenceChainingValue(LONG.subarray(at * KIB, (at + count) * KIB), BigInt(firstChunk + at));
      at += count;
      return hex(value);
    });
    expect(hex(thread.hash(job)), `from chunk ${firstChunk}`).toBe(values.join(""));
  }
});

it("SharedWindows refuses values that do not fit, and more threads than were announced", () => {
  const windows = new SharedWindows({ threads: 1, windows: 1, windowBytes: 64 * KIB });
  const thread = new SubtreeThread(windows.thread());
  const begin = () => [{ hasher: new Blake3(windows.core), before: 0 }];
  windows.fill(0, 0, LONG.subarray(0, 64 * KIB));
  const messages = begin();
  const values = thread.hash(windows.job(0, 64 * KIB, messages));
  expect(() => windows.merge(0, 64 * KIB, begin(), values.subarray(32))).toThrow("6 subtrees, but only 160 bytes");
  expect(() => windows.merge(0, 32 * KIB, begin(), values)).toThrow("192 bytes of chaining values, expected 160");
  const [late] = begin();
  late?.hasher.update(LONG.subarray(0, 2048));
  expect(() => windows.merge(0, 64 * KIB, late ? [late] : [], values)).toThrow("does not fit the message so far");
  expect(() => {
    for (let more = 0; more < 100; more++) windows.thread();
  }).toThrow(RangeError);
  for (const windowBytes of [0, 1000, 33 * 1024 * KIB]) {
    expect(() => new SharedWindows({ threads: 1, windows: 1, windowBytes })).toThrow("A window is a multiple of 1 KiB");
  }
});
