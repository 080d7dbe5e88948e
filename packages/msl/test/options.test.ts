import { describe, expect, it } from "vitest";
import { OPTION_TABLES } from "../scripts/option-tables.mjs";
import * as msl from "../src/index.js";
import { lintCapture } from "../src/lint.js";
import { repairCapture } from "../src/repair.js";
import { fixtureBytes as fixture } from "./fixtures.js";
import { type Call, holdTables, refusal } from "./support/wrong-options.js";

type Options = Readonly<Record<string, unknown>>;

const HEADER = { osType: 1, archType: 1, pid: 1 };
const REQUIRED: Readonly<Record<string, Options>> = {
  MslWriter: { header: HEADER, contents: [] },
  writeCapture: { header: HEADER, blocks: [] },
  "MslWriter.writeRaw": { type: 0x1000, payload: new Uint8Array(1) },
};
const source = { size: 8, read: async () => new Uint8Array(8) };
const refusedStream = new ReadableStream<Uint8Array>();

/** A call as a program without a compiler makes it. */
const loose = (f: (...given: never[]) => unknown) => f as unknown as (...given: unknown[]) => unknown;
function writer(): Readonly<Record<string, (...given: unknown[]) => unknown>> {
  const made = new msl.MslWriter(new msl.BytesSink(), { header: HEADER, contents: ["MemoryRegion", "RelatedDump"] });
  return new Proxy(made, {
    get: (target, name) => (Reflect.get(target, name) as (...given: unknown[]) => unknown).bind(target),
  }) as never;
}
const encrypted = fixture("md-enc-aes-raw");

/** Every public function that takes options, by the name of its table. A test compares these names with the tables. */
const CALLS: Readonly<Record<string, Call>> = {
  openCapture: (options) => loose(msl.openCapture)(fixture("ms-basic-plain"), options),
  inspectCapture: (options) => loose(msl.inspectCapture)(fixture("ms-basic-plain"), options),
  verifyCapture: (options) => loose(msl.verifyCapture)(fixture("ms-basic-plain"), options),
  "Capture.verify": async (options) => (await msl.openCapture(fixture("ms-basic-plain"))).verify(options),
  "MslReader.decodeAll": async (options) => msl.MslReader.from(fixture("ms-basic-plain")).decodeAll(options).next(),
  "Capture.decodeAll": async (options) => (await msl.openCapture(fixture("ms-basic-plain"))).decodeAll(options).next(),
  verifyStream: (options) => loose(msl.verifyStream)(refusedStream, options),
  "MslReader.from": (options) => loose(msl.MslReader.from)(refusedStream, options),
  MslSliceReader: (options) => new msl.MslSliceReader(fixture("ms-basic-plain"), options),
  blockJson: async (options) => msl.blockJson((await msl.openCapture(fixture("ms-basic-plain"))).blocks.at(0), options),
  keys: (options) => msl.openCapture(encrypted, { keys: () => options }),
  httpSource: (options) => msl.httpSource("http://127.0.0.1:9/", options),
  initialise: (options) => loose(msl.initialise)(options),
  CachingSource: (options) => new msl.CachingSource(source, options),
  CoalescingSource: (options) => new msl.CoalescingSource(source, options),
  MslWriter: (options) => loose((given) => new msl.MslWriter(new msl.BytesSink(), given))(options),
  ...Object.fromEntries(
    [
      "importProvenance",
      "processIdentity",
      "moduleListIndex",
      "systemContext",
      "threadContext",
      "processTable",
      "connectionTable",
      "handleTable",
      "connectivityTable",
      "moduleEntry",
      "keyHint",
      "relatedDump",
      "memoryRegion",
    ].map((method): [string, Call] => [`MslWriter.${method}`, (options) => writer()[method]?.({ entries: [] }, options)]),
  ),
  "MslWriter.write": (options) => writer()["write"]?.({ kind: "RelatedDump" }, options),
  "MslWriter.writeRaw": (options) => writer()["writeRaw"]?.(options),
  "MslWriter.end": (options) => writer()["end"]?.(options),
  "MslWriter.resume": (options) => msl.MslWriter.resume("/nothing/here.msl", options),
  writeCapture: (options) => loose(msl.writeCapture)(new msl.BytesSink(), options),
  fileSink: (options) => msl.fileSink("/nothing/here.msl", options),
  lintCapture: (options) => lintCapture(fixture("ms-basic-plain"), options),
  repairCapture: (options) => repairCapture(fixture("ms-basic-plain"), new msl.BytesSink(), options),
  transcode: (options) => msl.transcode(fixture("ms-basic-plain"), new msl.BytesSink(), options),
};

holdTables(OPTION_TABLES, CALLS, REQUIRED);

it("a function treats an option of undefined as not given", async () => {
  const absent = Object.fromEntries(
    Object.keys(OPTION_TABLES.find(({ of }) => of === "openCapture")?.checks ?? {}).map((name) => [name, undefined]),
  );
  expect((await msl.openCapture(fixture("ms-basic-plain"), absent)).blocks).toHaveLength(11);
});

describe("messages", () => {
  it("messages about options show neither secrets nor long values", async () => {
    const key = await refusal((options) => msl.openCapture(encrypted, options), {
      keys: { key: "00112233445566778899aabbccddeeff" },
    });
    expect(key.message).toBe("openCapture: the option keys.key is a text of 32 characters, expected a Uint8Array");
    const list = await refusal((options) => msl.openCapture(encrypted, options), { payloadLimit: new Array(1_000_000).fill(7) });
    expect(list.message).toBe(
      "openCapture: the option payloadLimit is an array of 1000000 elements, expected an integer from 0 to 2^53 - 1 (bytes)",
    );
  });

  it("messages about options name the words that are allowed", async () => {
    const error = await refusal(CALLS["transcode"] ?? (() => {}), { compression: "gzip" });
    expect(error.message).toBe(
      'transcode: the option compression is "gzip", expected "keep", "none", "zstd", "zstd-fast", "lz4" or "auto"',
    );
  });
});

it("functions that take a signal as an argument refuse other values", async () => {
  const capture = await msl.openCapture(fixture("ms-basic-plain"));
  const signal = { signal: new AbortController().signal } as unknown as AbortSignal;
  await expect(capture.memory.read(0n, 16, signal)).rejects.toMatchObject({ code: "usage" });
  await expect(capture.blocks.at(0).decode(signal)).rejects.toMatchObject({ code: "usage" });
  await expect(capture.regions(signal)).rejects.toMatchObject({ code: "usage" });
});
