/** The fuzzer's comparison of the three readers detects a stream reader that reports less or something else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MslReader } from "@memslice/msl";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FIXTURES } from "../src/captures/fixtures.js";
import { Random } from "../src/captures/random.js";
import { compareBlocks, openEverywhere } from "../src/fuzzer/checks/readers.js";
import { noCounts } from "../src/fuzzer/tallies.js";

type Blocks = AsyncIterable<Record<string, unknown>>;
type Reader = MslReader & Blocks;
/** With these seeds, every block is decoded. */
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);

afterEach(() => vi.restoreAllMocks());

/** Whether the comparison reports a stream reader whose properties are replaced by those of `lie`. */
async function objects(sample: string, lie: (reader: Reader) => object): Promise<boolean> {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, `${sample}.msl`)));
  const from = MslReader.from.bind(MslReader);
  for (const seed of SEEDS) {
    const subject = { bytes, random: new Random(seed), options: {}, counts: noCounts(), isMutated: () => true };
    const opened = await openEverywhere(subject);
    if (!opened) throw new Error(`${sample} is refused`);
    vi.spyOn(MslReader, "from").mockImplementation((...given) => {
      const reader = from(...given) as Reader;
      const truth = {
        header: () => reader.header(),
        get end() {
          return reader.end;
        },
        get deviations() {
          return reader.deviations;
        },
        [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
      };
      return Object.create(truth, Object.getOwnPropertyDescriptors(lie(reader))) as MslReader;
    });
    try {
      await compareBlocks(subject, opened.slice, opened.capture);
    } catch (error) {
      if ((error as Error).name !== "Disagreement") throw error;
      return true;
    } finally {
      vi.restoreAllMocks();
    }
  }
  return false;
}

/** A reader whose blocks decode to the result of `change`. */
function decodedOtherwise(reader: Reader, change: (result: Record<string, unknown>) => object): object {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const block of reader as Blocks) {
        const decode = async () => change(await (block["decode"] as () => Promise<Record<string, unknown>>)());
        yield new Proxy(block, {
          get: (target, name) => {
            if (name === "decode") return decode;
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      }
    },
  };
}

describe("the comparison of readers", () => {
  it("the comparison of readers reports nothing for readers that agree", async () => {
    expect(await objects("ms-investigation-full", () => ({}))).toBe(false);
    expect(await objects("x-trunc-midstream", (reader) => decodedOtherwise(reader, (result) => result))).toBe(false);
  });

  it("the comparison of readers reports a stream reader that loses deviations of the capture", async () => {
    expect(await objects("ms-basic-plain", () => ({ deviations: [] }))).toBe(true);
  });

  it("the comparison of readers reports a stream reader that loses deviations of a block", async () => {
    const lie = (reader: Reader) => decodedOtherwise(reader, (result) => ({ ...result, deviations: [] }));
    expect(await objects("x-reserved-nonzero", lie)).toBe(true);
  });

  it("the comparison of readers reports a stream reader that loses a payload or a problem", async () => {
    const without = (name: string) => (reader: Reader) => decodedOtherwise(reader, ({ [name]: _, ...result }) => result);
    expect(await objects("ms-basic-plain", without("payload"))).toBe(true);
    expect(await objects("x-pathlen-overrun", without("problem"))).toBe(true);
  });

  it("the comparison of readers reports a stream reader that ends at another offset", async () => {
    const lie = (reader: Reader) => ({
      get end() {
        return { ...reader.end, trailingBytes: (reader.end?.trailingBytes ?? 0) + 1 };
      },
    });
    expect(await objects("ms-basic-plain", lie)).toBe(true);
  });
});
