/** `transcode` makes a conforming capture with the same content of each fixture: captures of three public writers, in every dialect. */
import { describe, expect, it } from "vitest";
import { derivedKeysOf } from "../../bench/src/samples/recorded-values.js";
import { BlockType, type Capture } from "../src/index.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE } from "./fixtures.js";
import { keysOf, modulesOf, opened, regionsOf, tablesOf, transcoded } from "./transcode-support.js";
import { requireConforming } from "./write-support.js";

/** Fixtures whose tables differ after `transcode`, because 1.1 has no field or code for a value, with the changed value. */
const TABLES_DIFFER: Readonly<Record<string, string>> = {
  "md-import-basic": "sourceHash is in the note",
  "md-import-nohash": "sourceHash, zeros",
  "md-related-dumps": "targetHash",
  "md-investigation-full": "HandleType of MemDiver's own",
  "ms-provenance": "a capture has one Import Provenance",
};

/** The DumpUUID of this fixture is the nil UUID, which is invalid: the output has a random DumpUUID. */
const NIL_DUMP_UUID = "r2-genmsl-mt";
/** The program that wrote this fixture counts RegionOffset of Key Hints from BaseAddr; the output counts it from the start of the page data. */
const COUNTS_FROM_BASE = "rf-threads-x86-keyhints";
const anotherReading = (key: string) =>
  key.includes(" region 0x") ? expect.stringContaining(key.replace(" region 0x", " page data 0x")) : key;
const HEADER = ["dumpUuid", "timestampNs", "osType", "archType", "pid", "clockSource", "hashAlgo", "redacted"] as const;
const headerOf = ({ header }: Capture) => Object.fromEntries(HEADER.map((name) => [name, header[name]]));
const contentOf = async (capture: Capture) =>
  [
    await regionsOf(capture),
    await modulesOf(capture),
    await keysOf(capture),
    await tablesOf(capture),
    headerOf(capture),
  ] as const;

describe.each([...READABLE, ...ENCRYPTED])("%s", (name) => {
  const source = fixtureBytes(name);
  const keys = () => derivedKeysOf(expectation(name));

  it("transcode makes a capture without deviations for strict readers", async () => {
    const { bytes, report } = await transcoded(source, { keys, conformingOnly: true });
    await requireConforming(bytes);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.output).toMatchObject({ size: bytes.length, conforming: true });
  });

  it("transcode keeps all pages, modules, tables, keys and header fields", async () => {
    const { bytes, report } = await transcoded(source, { keys });
    const before = await opened(source, contentOf, { keys });
    const after = await opened(bytes, contentOf, { strict: true });
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toEqual(before[1]);
    expect(after[2]).toEqual(name === COUNTS_FROM_BASE ? before[2].map(anotherReading) : before[2]);
    const made = new Set(report.added.map(({ output }) => output.index));
    const added = await opened(
      bytes,
      async (capture) =>
        [...capture.blocks].filter(
          ({ index, type }) => made.has(index) && type !== BlockType.ModuleEntry && type !== BlockType.ModuleListIndex,
        ).length,
    );
    if (TABLES_DIFFER[name] === undefined)
      expect(after[3].filter((table) => before[3].some((one) => sameTable(one, table)))).toHaveLength(before[3].length);
    expect(after[3]).toHaveLength(before[3].length + added - (name === "ms-provenance" ? 1 : 0));
    if (name === NIL_DUMP_UUID) expect(after[4]).toEqual({ ...before[4], dumpUuid: expect.not.stringMatching(/^[0-]*$/) });
    else expect(after[4]).toEqual(before[4]);
  });

  it("each block of the source is in the output of transcode, or its report lists the block as left out", async () => {
    const { bytes, report } = await transcoded(source, { keys });
    const [before, after] = await Promise.all(
      [source, bytes].map((one) => opened(one, async (capture) => capture.blocks.length, { keys })),
    );
    const leftOut = report.leftOut.filter(({ index }) => index !== undefined).length;
    const end = (await opened(source, async (capture) => capture.end.eocIndex, { keys })) === null ? 1 : 0;
    expect((after ?? 0) - report.added.length - end).toBe((before ?? 0) - leftOut);
    expect(report.unchanged + report.blocks.length).toBe((before ?? 0) - leftOut);
  });

  it("transcode of its own output changes no byte", async () => {
    const { bytes } = await transcoded(source, { keys });
    const again = await transcoded(bytes);
    expect(Buffer.compare(again.bytes, bytes)).toBe(0);
    expect(again.report).toMatchObject({ header: [], added: [], leftOut: [], complete: true });
    expect(again.report.blocks.flatMap(({ changes }) => changes).filter(({ id }) => id !== "kept")).toEqual([]);
  });
});

it("the transcode report of an encrypted capture lists that the flag Encrypted is clear", async () => {
  const name = "md-enc-aes-raw";
  const { report } = await transcoded(fixtureBytes(name), { keys: derivedKeysOf(expectation(name)) });
  expect(report.header).toContainEqual({
    id: "flags",
    field: "flags",
    message: "The header's flag Encrypted is clear, and was set",
  });
});

/** Compares decoded values, without names of codes, which readers add. */
function sameTable(a: object, b: object): boolean {
  const text = (table: object) =>
    JSON.stringify(table, (_, value) =>
      typeof value === "bigint" ? `${value}n` : value instanceof Uint8Array ? [...value] : value,
    );
  return text(a) === text(b);
}

describe("a table whose fields stay as they are", () => {
  /** The ids and lint ids of the changes of a block of the source, and the bytes of its block in the output. */
  async function blockIn(name: string, index: number) {
    const { bytes, report } = await transcoded(fixtureBytes(name));
    const block = report.blocks.find(({ source }) => source.index === index);
    const { offset = 0, length = 0 } = block?.output ?? {};
    return { changes: block?.changes.map(({ id, lint }) => [id, lint]), length: bytes.subarray(offset, offset + length).length };
  }

  it("a Module Entry whose header has a deviation is reported, although its payload stays as it is", async () => {
    expect((await blockIn("x-reserved-nonzero", 2)).changes).toEqual([["mended", "BLK-RESERVED"]]);
  });

  it("a Module Entry that is stored otherwise, without a deviation, is encoded anew and reported", async () => {
    expect(await blockIn("ms-strings-edge", 2)).toEqual({ changes: [["encoding", undefined]], length: 80 + 64 });
  });
});
