/** Payloads of regions and their fragments, against a page-state map that is made page by page, and against a search for the longest fragments. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pagesOf } from "../src/format/page-states.js";
import { ChunkQueue } from "../src/source/chunk-queue.js";
import { type Fragment, fragmentsOf, regionPayload, wholePayload } from "../src/write/fragments.js";
import { regionShape } from "../src/write/region-input.js";
import { concatenated } from "./vectors.js";

const HEAD = 32;
const CODES = { captured: 0, failed: 1, unmapped: 2 } as const;
type State = keyof typeof CODES;

const state = fc.constantFrom<State>("captured", "failed", "unmapped");
const runs = fc.array(fc.record({ count: fc.integer({ min: 1, max: 70 }), state }), { maxLength: 12 });
const pageSizeLog2 = fc.integer({ min: 10, max: 12 });

/** The length of the map in bytes: 2 bits for each page, in words of 8 bytes. */
const mapBytes = (pages: number) => 8 * Math.ceil(pages / 32);

/** The obvious way. */
function expectedMap(states: readonly State[]): Uint8Array {
  const map = new Uint8Array(mapBytes(states.length));
  for (const [page, state] of states.entries()) {
    const at = Math.floor(page / 4);
    map[at] = (map[at] ?? 0) | (CODES[state] << (6 - 2 * (page % 4)));
  }
  return map;
}

function shapeOf(states: readonly State[], log2: number) {
  return regionShape({
    baseAddr: 0x7000_0000n,
    regionSize: BigInt(states.length) << BigInt(log2),
    protection: 3,
    regionType: 4,
    pageSizeLog2: log2,
    timestampNs: 9n,
    pages: pagesOf(states.map((one) => ({ count: 1, state: one }))),
  });
}

const statesOf = (list: readonly { count: number; state: State }[]) =>
  list.flatMap(({ count, state }) => new Array<State>(count).fill(state));

async function inPieces(shape: ReturnType<typeof regionShape>, fragment: Fragment, data: Uint8Array) {
  const pieces: Uint8Array[] = [];
  for await (const piece of regionPayload(shape, fragment, new ChunkQueue([data], undefined), true)) pieces.push(piece.slice());
  return concatenated(...pieces);
}

describe("the payload of a region", () => {
  it("has the state of each page, at once as in pieces", async () => {
    await fc.assert(
      fc.asyncProperty(runs, pageSizeLog2, async (list, log2) => {
        const states = statesOf(list);
        const shape = shapeOf(states, log2);
        const captured = states.filter((one) => one === "captured").length;
        const data = Uint8Array.from({ length: captured * shape.pageSize }, (_, i) => 1 + (i % 251));
        const [fragment, ...others] = fragmentsOf(shape, Number.MAX_SAFE_INTEGER);
        if (!fragment) throw new Error("A region has a fragment");
        expect(others).toEqual([]);
        const whole = wholePayload(shape, fragment, data);
        expect(Buffer.compare(whole.subarray(HEAD, HEAD + mapBytes(states.length)), expectedMap(states))).toBe(0);
        expect(Buffer.compare(whole.subarray(HEAD + mapBytes(states.length)), data)).toBe(0);
        expect(Buffer.compare(whole, await inPieces(shape, fragment, data))).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("is split where it does not fit, and nowhere else", () => {
    fc.assert(
      fc.property(runs, pageSizeLog2, fc.integer({ min: -1, max: 90_000 }), (list, log2, room) => {
        const states = statesOf(list);
        const shape = shapeOf(states, log2);
        const lengthOf = (some: readonly State[]) =>
          HEAD + mapBytes(some.length) + some.filter((one) => one === "captured").length * shape.pageSize;
        const all = lengthOf(states);
        const most = Math.max(room < 0 ? all + room : room, lengthOf(["captured"]));
        const fragments = fragmentsOf(shape, most);
        let first = 0;
        for (const [i, fragment] of fragments.entries()) {
          const some = states.slice(first, first + fragment.count);
          expect([fragment.first, fragment.payloadLength]).toEqual([first, lengthOf(some)]);
          expect(fragment.captured).toBe(some.filter((one) => one === "captured").length);
          expect(fragment.payloadLength).toBeLessThanOrEqual(most);
          first += fragment.count;
          if (i < fragments.length - 1) expect(lengthOf(states.slice(fragment.first, first + 1))).toBeGreaterThan(most);
        }
        expect([first, fragments.length === 1]).toEqual([states.length, all <= most]);
      }),
      { numRuns: 500 },
    );
  });
});
