/** The content of a range, held against a naive look at every address. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ContentPiece, content, copyContent, FlatMemory, type Memory } from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { SparseMemory, type Stretch } from "../support/sparse-memory.js";

const FROM = 0xff0n;
const TO = 0x1400n;

/** The state and the byte of one address, by a look at all stretches. */
function at(list: readonly Stretch[], address: bigint): string {
  for (const { address: start, content: held } of list) {
    const length = held instanceof Uint8Array ? held.length : held.length;
    if (address < start || address >= start + BigInt(length)) continue;
    return held instanceof Uint8Array ? `captured ${held[Number(address - start)]}` : held.state;
  }
  return "absent";
}

async function pieces(memory: Memory, from: bigint, to: bigint): Promise<ContentPiece[]> {
  const list: ContentPiece[] = [];
  for await (const piece of content(memory, from, to))
    list.push({ ...piece, ...(piece.bytes && { bytes: piece.bytes.slice() }) });
  return list;
}

class Gathered {
  readonly parts: Uint8Array[] = [];
  write(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }
  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

describe("content", () => {
  it("every address comes once, in order, with its state and its byte", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(), async (list) => {
        const seen: string[] = [];
        let next = FROM;
        for (const { start, end, state, bytes } of await pieces(new SparseMemory(list), FROM, TO)) {
          expect(start).toBe(next);
          next = end;
          for (let i = 0; i < Number(end - start); i++) seen.push(bytes ? `${state} ${bytes[i]}` : state);
        }
        expect(next).toBe(TO);
        expect(seen).toEqual(Array.from({ length: Number(TO - FROM) }, (_, i) => at(list, FROM + BigInt(i))));
      }),
    );
  });

  it("captured bytes come in pieces that end at multiples of 64 KiB, up to the last address", async () => {
    const bytes = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);
    const base = (1n << 64n) - 150_000n;
    const list = await pieces(new FlatMemory(bytes, base), base, 1n << 64n);
    expect(list.map(({ end }) => end % 65_536n)).toEqual([0n, 0n, 0n]);
    expect(Buffer.concat(list.map((piece) => piece.bytes ?? new Uint8Array(0))).equals(bytes)).toBe(true);
  });

  it("a hole of nearly the whole address space is one piece", async () => {
    const memory = new FlatMemory(Uint8Array.of(7), 0x1000n);
    expect(await pieces(memory, 0n, 1n << 64n)).toEqual([
      { start: 0n, end: 0x1000n, state: "absent" },
      { start: 0x1000n, end: 0x1001n, state: "captured", bytes: Uint8Array.of(7) },
      { start: 0x1001n, end: 1n << 64n, state: "absent" },
    ]);
  });

  it("refuses ranges that are reversed or leave the address space", async () => {
    const memory = new FlatMemory(Uint8Array.of(7), 0n);
    for (const [from, to] of [
      [-1n, 4n],
      [4n, 3n],
      [0n, (1n << 64n) + 1n],
    ] as const) {
      await expect(pieces(memory, from, to)).rejects.toMatchObject({ code: "usage" });
    }
  });
});

describe("copyContent", () => {
  const list: Stretch[] = [
    { address: 0x1000n, content: Uint8Array.of(1, 2, 3) },
    { address: 0x1003n, content: { length: 2, state: "failed" } },
    { address: 0x1006n, content: Uint8Array.of(0, 0) },
  ];
  const memory = new SparseMemory(list);

  it("copies captured bytes, and zeros only where zeros were captured", async () => {
    const sink = new Gathered();
    const extent = await copyContent(memory, 0x1006n, 0x1008n, sink);
    expect(sink.bytes).toEqual(Uint8Array.of(0, 0));
    expect(extent).toEqual({ captured: 2n, failed: 0n, unmapped: 0n, missing: 0n, absent: 0n });
  });

  it("refuses a hole before it writes anything", async () => {
    const sink = new Gathered();
    await expect(copyContent(memory, 0x1000n, 0x1008n, sink)).rejects.toMatchObject({
      code: "hole",
      message: expect.stringContaining("3 of 8 bytes were not captured, first 2 at 0x1003 (failed)"),
    });
    expect(sink.parts).toEqual([]);
  });

  it("fills holes with the byte that is given, and counts them by state", async () => {
    const sink = new Gathered();
    const extent = await copyContent(memory, 0xfffn, 0x1009n, sink, { fill: 0xcc });
    expect(sink.bytes).toEqual(Uint8Array.of(0xcc, 1, 2, 3, 0xcc, 0xcc, 0xcc, 0, 0, 0xcc));
    expect(extent).toEqual({ captured: 5n, failed: 2n, unmapped: 0n, missing: 0n, absent: 3n });
  });

  it("fills no more than fillLimit", async () => {
    const sink = new Gathered();
    const copy = copyContent(memory, 0x1000n, 0x2000n, sink, { fill: 0, fillLimit: 2n });
    await expect(copy).rejects.toMatchObject({ code: "limit" });
    expect(sink.bytes).toEqual(Uint8Array.of(1, 2, 3, 0, 0));
  });

  it("refuses a fill that is no byte", async () => {
    for (const fill of [-1, 256, 0.5, Number.NaN]) {
      await expect(copyContent(memory, 0x1000n, 0x1003n, new Gathered(), { fill })).rejects.toMatchObject({ code: "usage" });
    }
  });

  it("an abort ends it while it fills a hole of any size", async () => {
    const controller = new AbortController();
    let written = 0;
    const sink = {
      write: (bytes: Uint8Array) => {
        written += bytes.length;
        if (written > 1_000_000) controller.abort();
      },
    };
    const options = { fill: 0, fillLimit: 1n << 60n, signal: controller.signal };
    const copy = copyContent(memory, 0x10_0000n, 1n << 60n, sink, options);
    await expect(copy).rejects.toMatchObject({ code: "aborted" });
  });
});
