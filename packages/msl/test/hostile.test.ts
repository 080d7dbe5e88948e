import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockJson, MslError, MslSliceReader, openCapture } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { vectorV1, vectorV6 } from "./vectors.js";

const CAPTURES = [
  vectorV1(0),
  vectorV6(),
  fixtureBytes("ms-modules-none"),
  fixtureBytes("md-regions-edge"),
  fixtureBytes("ms-noeoc"),
];

/** Calls all reading functions; only MslError may be thrown. */
async function readEverything(bytes: Uint8Array): Promise<void> {
  const capture = await openCapture(bytes);
  for (const block of capture.blocks) await blockJson(block, { digests: true });
  for (const region of await capture.regions()) await capture.memory.read(region.baseAddr, 64);
  await capture.verify();
  for (const block of new MslSliceReader(bytes)) block.decode();
}

describe("hostile captures", () => {
  it("readers of captures with random changes return values or problems, or throw MslError", async () => {
    const change = fc.record({ at: fc.nat(), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x40, 0x0a) });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: CAPTURES.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        async (which, changes) => {
          const bytes = (CAPTURES[which] ?? vectorV1(0)).slice();
          // Most changes hit headers and fixed fields, where lengths and counts stand.
          for (const { at, value } of changes) bytes[at % Math.min(bytes.length, 700)] = value;
          await readEverything(bytes).catch((error: unknown) => {
            if (!(error instanceof MslError)) throw error;
          });
        },
      ),
      { numRuns: 3000, seed: 11 },
    );
  });

  it("a region that claims more pages than its payload has page states is a problem", async () => {
    const bytes = vectorV1(0);
    const view = new DataView(bytes.buffer);
    // A region of 2^64 - 2^40 bytes in pages of 2^40, then one of 2^53 pages.
    view.setBigUint64(264 + 80 + 8, 2n ** 64n - 2n ** 40n, true);
    bytes[264 + 80 + 18] = 40;
    view.setBigUint64(264 + 80, 0n, true);
    const { problem } = new MslSliceReader(bytes).at(2).decode();
    expect(problem).toMatchObject({ id: "STR-OVERRUN", message: expect.stringContaining("16777215 pages needs 4194304 bytes") });
    bytes[264 + 80 + 18] = 10;
    expect(new MslSliceReader(bytes).at(2).decode().problem?.id).toBe("STR-OVERRUN");
  });

  it("a region that passes the end of the address space is a problem", () => {
    const bytes = vectorV1(0);
    new DataView(bytes.buffer).setBigUint64(264 + 80, 2n ** 64n - 2048n, true);
    expect(new MslSliceReader(bytes).at(2).decode().problem?.id).toBe("REG-WRAP");
    new DataView(bytes.buffer).setBigUint64(264 + 80, 2n ** 64n - 4096n, true);
    expect(new MslSliceReader(bytes).at(2).decode().problem).toBeUndefined();
  });

  it("files that are not captures, and headers that cannot be read, are refused with an error code", async () => {
    for (const text of ["", "MEMSLICE", "MEMSLICF\x01\x40", "\x7fELF plus some more bytes"]) {
      const bytes = new TextEncoder().encode(text);
      await expect(openCapture(bytes)).rejects.toMatchObject({ code: "not-msl" });
    }
    const bigEndian = vectorV1(0);
    bigEndian[8] = 2;
    await expect(openCapture(bigEndian)).rejects.toMatchObject({ code: "bad-header", offset: 8 });
    const short = vectorV1(0);
    short[9] = 63;
    await expect(openCapture(short)).rejects.toMatchObject({ code: "bad-header", offset: 9 });
    const future = vectorV1(0);
    future[0x0b] = 2;
    await expect(openCapture(future)).rejects.toMatchObject({ code: "unsupported-version" });
  });
});
