/** Windows in which something is found nearly everywhere: the event loop has its turn in the middle of a window, and everything is found. */
import { ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { expect, it } from "vitest";
import { lookerFor, type QuestionKind, type Questions } from "../../src/asking/lookers.js";
import { countMatches, FlatMemory, hexPattern, pointersTo, pointerTable } from "../../src/index.js";

const MIB = 1 << 20;
const intervals = { firsts: BigUint64Array.of(0n), lasts: BigUint64Array.of(0xffn) };
const words = { width: 8, alignment: 1, ...intervals } as const;
const SPECS = {
  entropy: { windowBytes: 64 },
  patternCounts: { patterns: { lengths: Uint32Array.of(1), values: Uint8Array.of(0), masks: Uint8Array.of(0xff) } },
  patterns: { patterns: { lengths: Uint32Array.of(1), values: Uint8Array.of(0), masks: Uint8Array.of(0xff) } },
  pointerCounts: { words, firsts: BigUint64Array.of(0n), lasts: BigUint64Array.of(BigInt(MIB)) },
  words,
  text: { encodings: ["ascii"], minimum: 1 },
} as const satisfies { readonly [K in QuestionKind]?: Questions[K]["spec"] };

it.each(Object.keys(SPECS) as (keyof typeof SPECS)[])("a window of zeros, or of text, is looked at in many steps: %s", (kind) => {
  const core = new ScanCore();
  const looker = lookerFor(kind, core, SPECS[kind]);
  const window = new ScanWindow(core, MIB);
  for (const _ of looker.prepare?.() ?? []);
  if (kind === "text") window.bytes.set(Buffer.alloc(MIB, "A\x01"));
  else window.bytes.fill(0);
  const begun = looker.look({ window, offset: 0, length: MIB, address: 0n, repeated: 0, endsRun: true });
  let steps = 0;
  if (Symbol.iterator in begun) for (const _ of begun as Iterable<unknown>) steps++;
  // A step takes a millisecond at most on machines of today, and all of them some tens of milliseconds; of entropy, half a millisecond and six.
  expect(steps).toBeGreaterThan(kind === "entropy" ? 15 : 100);
});

it.each([1, 2])("words, pointers and matches at every byte are all found (%i threads)", async (threads) => {
  const bytes = 3 * MIB + 5;
  const memory = new FlatMemory(new Uint8Array(bytes), 0n);
  let next = 0n;
  let wrong = 0;
  for await (const batch of pointersTo(memory, 0n, { alignment: 1, threads })) {
    for (const { address } of batch) if (address !== next++) wrong++;
  }
  expect([wrong, next]).toEqual([0, BigInt(bytes - 7)]);
  expect((await countMatches(memory, [hexPattern("00")], { threads })).counts).toEqual([bytes]);
  const region = { start: 0n, end: BigInt(bytes) };
  expect((await pointerTable(memory, [region], { alignment: 1, threads })).counts).toEqual([
    { from: 0, to: 0, count: bytes - 7 },
  ]);
});

it("words are found behind parts of a window that have none, at every place of a part", async () => {
  const content = new Uint8Array(MIB).fill(0xee);
  const places = [0, 65_529, 65_535, 65_536, 65_543, 131_067, 200_001, MIB - 8];
  const view = new DataView(content.buffer);
  for (const place of places) view.setBigUint64(place, 0x1234n, true);
  view.setBigUint64(65_529, 0x1234n, true);
  const found: number[] = [];
  for await (const batch of pointersTo(new FlatMemory(content, 0n), 0x1234n, { alignment: 1, threads: 1 })) {
    for (const { address } of batch) found.push(Number(address));
  }
  const naive = Array.from({ length: MIB - 7 }, (_, i) => i).filter((i) => view.getBigUint64(i, true) === 0x1234n);
  expect(found).toEqual(naive);
  expect(found.length).toBeGreaterThan(4);
});

it("counts pointers of many small regions, in the order of the pairs", async () => {
  const regions = Array.from({ length: 5000 }, (_, i) => ({ start: BigInt(64 * i), end: BigInt(64 * i + 64) }));
  const content = new BigUint64Array(40_000);
  for (let i = 0; i < content.length; i++) content[i] = BigInt((i * 7919) % 320_000);
  const expected = new Map<number, number>();
  for (const [i, value] of content.entries()) {
    const pair = Math.floor(i / 8) * regions.length + Number(value / 64n);
    expected.set(pair, (expected.get(pair) ?? 0) + 1);
  }
  const { counts } = await pointerTable(new FlatMemory(new Uint8Array(content.buffer), 0n), regions, { threads: 1 });
  expect(counts).toEqual(
    [...expected]
      .sort(([a], [b]) => a - b)
      .map(([pair, count]) => ({ from: Math.floor(pair / regions.length), to: pair % regions.length, count })),
  );
});
