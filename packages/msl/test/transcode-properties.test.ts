/** `transcode` of random conforming captures. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { opened, regionsOf, transcoded } from "./transcode-support.js";
import { specimen, write } from "./write-specimen.js";
import { requireConforming } from "./write-support.js";

it("transcode without options copies a random conforming capture byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(specimen, async (given) => {
      const bytes = await write(given);
      const { bytes: output, report } = await transcoded(bytes);
      expect(Buffer.compare(output, bytes)).toBe(0);
      expect(report).toMatchObject({ header: [], added: [], leftOut: [], complete: true });
      // An empty region is reported, and not changed.
      expect(report.blocks.flatMap(({ changes }) => changes).filter(({ lint }) => lint !== "REG-EMPTY")).toEqual([]);
    }),
    // Run 42 has a region of 33 pages just below the size at which it would be split.
    { numRuns: 60, seed: -653120373 },
  );
}, 60_000);

it("transcode with another compression, hash algorithm or splitAbove keeps all pages of a random capture", async () => {
  const options = fc.record({
    compression: fc.constantFrom("none" as const, "zstd" as const, "lz4" as const, "auto" as const),
    hashAlgo: fc.constantFrom(0, 1, 2),
    splitAbove: fc.constantFrom(2 ** 32 - 81, 32 + 8 + 2 * 1024),
  });
  await fc.assert(
    fc.asyncProperty(specimen, options, async (given, chosen) => {
      const bytes = await write(given);
      const { bytes: output } = await transcoded(bytes, chosen);
      await requireConforming(output);
      expect(await opened(output, regionsOf, { strict: true })).toEqual(await opened(bytes, regionsOf));
    }),
    { numRuns: 30, seed: 1 },
  );
}, 60_000);
