/** `onProgress` of every question: bytes in the order of addresses, the same for any number of threads. */
import type { VerifyProgress } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import {
  compare,
  countMatches,
  entropy,
  FlatMemory,
  findKeys,
  hexPattern,
  type Memory,
  pointersTo,
  pointerTable,
  type QuestionOptions,
  regexPattern,
  search,
  strings,
} from "../../src/index.js";
import { SparseMemory } from "../support/sparse-memory.js";

const MIB = 1 << 20;

async function drained(found: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of found);
}

type Ask = (memory: Memory, options: QuestionOptions) => Promise<unknown>;

const QUESTIONS: readonly (readonly [string, Ask])[] = [
  ["search", (memory, options) => drained(search(memory, [hexPattern("41 42")], options))],
  ["search for a regular expression", (memory, options) => drained(search(memory, [regexPattern("AB+C")], options))],
  ["countMatches", (memory, options) => countMatches(memory, [hexPattern("41 42")], options)],
  ["strings", (memory, options) => drained(strings(memory, options))],
  ["entropy", (memory, options) => drained(entropy(memory, options))],
  ["pointersTo", (memory, options) => drained(pointersTo(memory, 0x4142n, options))],
  ["findKeys", (memory, options) => drained(findKeys(memory, options))],
];

/** 5 MiB and 777 bytes in three ranges with holes between them. */
const memory = new SparseMemory([
  { address: 0x1000n, content: new Uint8Array(3 * MIB) },
  { address: 0x1000n + BigInt(3 * MIB), content: { length: 4096, state: "failed" } },
  { address: 0x1000_0000n, content: new Uint8Array(2 * MIB).fill(1) },
  { address: 0x2000_0000n, content: new Uint8Array(777) },
]);
const CAPTURED = 5 * MIB + 777;

async function callsOf(ask: (listener: (progress: VerifyProgress) => void) => Promise<unknown>): Promise<VerifyProgress[]> {
  const calls: VerifyProgress[] = [];
  await ask((progress) => calls.push(progress));
  return calls;
}

function expectProgress(calls: readonly VerifyProgress[], total: number): void {
  const done = calls.map(({ bytesDone }) => bytesDone);
  expect(new Set(calls.map(({ bytesTotal }) => bytesTotal))).toEqual(new Set([total]));
  expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
  expect(done.at(-1)).toBe(total);
  expect(calls.length).toBeGreaterThan(2);
  // No call for less than a mebibyte, but the last one.
  expect(calls.length).toBeLessThanOrEqual(total / MIB + 1);
}

describe.each(QUESTIONS)("onProgress of %s", (_, ask) => {
  it.each([1, 3])("reports the bytes done of all captured bytes, ascending (%i threads)", async (threads) => {
    expectProgress(await callsOf((onProgress) => ask(memory, { threads, onProgress })), CAPTURED);
  });

  it("counts the bytes between the addresses asked about alone", async () => {
    const bounds = { from: 0x2000n, to: 0x1010_0000n, threads: 1 };
    const total = 3 * MIB - 0x1000 + MIB;
    expectProgress(await callsOf((onProgress) => ask(memory, { ...bounds, onProgress })), total);
  });

  it("is refused with usage if it is no function", async () => {
    const options = { onProgress: 5 } as unknown as QuestionOptions;
    await expect((async () => ask(memory, options))()).rejects.toMatchObject({ code: "usage" });
  });
});

it("onProgress of pointerTable counts the bytes from the first region to the last one", async () => {
  const regions = [{ start: 0x1000n, end: 0x1000n + BigInt(3 * MIB) }];
  expectProgress(await callsOf((onProgress) => pointerTable(memory, regions, { onProgress, threads: 1 })), 3 * MIB);
});

it("onProgress of compare counts the captured bytes of both sides, also those that only one side has", async () => {
  const a = new FlatMemory(new Uint8Array(3 * MIB), 0n);
  const b = new FlatMemory(new Uint8Array(4 * MIB).fill(1, MIB, MIB + 5), BigInt(MIB));
  const calls = await callsOf((onProgress) => drained(compare({ memory: a }, { memory: b }, { onProgress })));
  expectProgress(calls, 7 * MIB);
  const options = { onProgress: "x" } as unknown as QuestionOptions;
  expect(() => compare({ memory: a }, { memory: b }, options)).toThrow(/onProgress/);
});

it("the bytes done are those whose findings have come", async () => {
  let done = 0;
  let found = 0n;
  const image = new Uint8Array(4 * MIB);
  for (let at = 0; at < image.length; at += MIB / 4) image[at] = 0x41;
  const onProgress = ({ bytesDone }: VerifyProgress) => {
    done = bytesDone;
    expect(found).toBeGreaterThanOrEqual(BigInt(bytesDone - MIB / 4));
  };
  for await (const batch of search(new FlatMemory(image, 0n), [hexPattern("41")], { onProgress, threads: 2 })) {
    for (const { address } of batch) {
      found = address;
      expect(Number(address)).toBeGreaterThanOrEqual(done - MIB / 4);
    }
  }
  expect(done).toBe(image.length);
});
