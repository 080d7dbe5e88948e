/** The writer with @napi-rs/blake-hash, which is installed where these tests run, against the writer with the WebAssembly core. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MslWriter, WriterOptions } from "../src/index.js";
import { noise } from "./chained-blocks.js";
import { concatenated } from "./vectors.js";
import { KEY } from "./write-encrypted.js";

const MIB = 1024 * 1024;
const PAGE = 4096;
/** The most often that the package hashes a byte of a region: for FileHash and for PrevHash. */
const HASHES = 2;

/** The number of loads of the package, of its hasher objects, and of the bytes that it hashed. */
const asked = { loads: 0, objects: 0, bytes: 0 };
/** Modules are loaded anew for each test, so that each test can count the loads of the package. */
let library: typeof import("../src/index.js");
let support: typeof import("./write-support.js");

/** Replaces the package by one that counts its calls. Its loading ends when `opened` resolves. */
function countPackage(opened: Promise<void> = Promise.resolve()): void {
  vi.doMock("@napi-rs/blake-hash", async (original) => {
    const { default: real } = await original<{ default: typeof import("@napi-rs/blake-hash") }>();
    asked.loads++;
    await opened;
    class Counted extends real.Blake3Hasher {
      constructor() {
        super();
        asked.objects++;
      }
      override update(bytes: Buffer) {
        asked.bytes += bytes.length;
        return super.update(bytes);
      }
    }
    return { default: { ...real, Blake3Hasher: Counted } };
  });
}

beforeEach(async () => {
  vi.resetModules();
  Object.assign(asked, { loads: 0, objects: 0, bytes: 0 });
  countPackage();
  library = await import("../src/index.js");
  support = await import("./write-support.js");
});
afterEach(() => {
  vi.doUnmock("@napi-rs/blake-hash");
  vi.resetModules();
});

/** The page data is passed in pieces of these lengths, and the rest as one. */
async function putRegion(writer: MslWriter, address: number, length: number, pieces: readonly number[] = []): Promise<void> {
  const data = noise(length, address);
  let at = 0;
  const parts = [...pieces, length].map((size) => {
    at += size;
    return data.subarray(at - size, at);
  });
  await writer.memoryRegion({
    ...support.region(0, BigInt(address)),
    regionSize: BigInt(length),
    pageSizeLog2: 12,
    pageData: parts,
  });
}

/** UUIDs that a capture with `uuidSource` has not used. */
function laterUuids(): () => string {
  let count = 0;
  return () => `dddddddd-0000-4000-8000-${(++count).toString(16).padStart(12, "0")}`;
}

type Work = (writer: MslWriter) => Promise<void>;

async function capture(options: Partial<WriterOptions>, work: Work): Promise<Uint8Array> {
  const { sink, writer } = support.begin({ contents: ["MemoryRegion"], ...options });
  await support.lead(writer);
  await work(writer);
  await writer.end();
  return sink.bytes();
}

describe("a writer with the native package", () => {
  const shapes: readonly (readonly [string, Work])[] = [
    ["one region of 5 MiB", (writer) => putRegion(writer, 0, 5 * MIB)],
    ["a region of 5 MiB in uneven pieces", (writer) => putRegion(writer, 0, 5 * MIB, [1, 70_001, 0, 16_384, 1_500_000])],
    [
      "regions of 4 KiB to 128 KiB, 6 MiB in all",
      async (writer) => {
        let address = 0;
        for (let pages = 1; address < 6 * MIB; pages = (pages % 32) + 1, address += pages * PAGE)
          await putRegion(writer, address, pages * PAGE);
      },
    ],
    [
      "a large region, small ones, and a large one",
      async (writer) => {
        await putRegion(writer, 0, 8 * MIB);
        for (let i = 0; i < 20; i++) await putRegion(writer, 8 * MIB + i * PAGE, PAGE);
        await putRegion(writer, 16 * MIB, MIB);
      },
    ],
  ];
  const sealed = { cipher: "aes-256-gcm", key: KEY } as const;
  const sealRandomness = { nonce: noise(12, 3) };

  it.each(shapes)("a writer with the native package writes the bytes of a writer with the core: %s", async (_, work) => {
    for (const options of [{}, { encryption: sealed, sealRandomness }] as const) {
      const native = await capture(options, work);
      expect(asked.bytes).toBeGreaterThan(0);
      const used = asked.bytes;
      const core = await capture({ ...options, nativeHash: false }, work);
      expect(asked.bytes).toBe(used);
      expect(Buffer.compare(native, core)).toBe(0);
      const keys = "encryption" in options ? { keys: { key: KEY } } : {};
      expect((await library.verifyCapture(native, { ...keys, nativeHash: false })).outcome).toBe("intact");
    }
  });

  it("the native package hashes every byte of a large region twice, for the chain and for FileHash, and no byte more often", async () => {
    const length = 8 * MIB;
    const written = await capture({}, (writer) => putRegion(writer, 0, length));
    const probed = 2 * 5000;
    expect(asked.bytes - probed).toBeGreaterThanOrEqual(HASHES * length);
    expect(asked.bytes - probed).toBeLessThanOrEqual(HASHES * written.length);
  });

  it("a writer uses three hasher objects of the native package for any number of blocks", async () => {
    await capture({}, async (writer) => {
      for (let i = 0; i < 40; i++) await putRegion(writer, i * 4 * MIB, MIB / 4);
    });
    // One of the objects checks that the package works.
    expect(asked.objects).toBe(3);
  });

  it("a writer does not load the native package for a capture below 4 MiB or for SHA-256", async () => {
    await capture({}, (writer) => putRegion(writer, 0, 3 * MIB));
    await capture({ header: { ...support.HEADER, hashAlgo: 1 } }, (writer) => putRegion(writer, 0, 5 * MIB));
    expect(asked.loads).toBe(0);
  });

  it("a resumed writer with the native package writes the bytes of a writer with the core", async () => {
    const { sink, writer } = support.begin({ contents: ["MemoryRegion"], nativeHash: false });
    await support.lead(writer);
    await putRegion(writer, 0, 5 * MIB);
    const begun = sink.bytes();
    const resumed = async (nativeHash: boolean) => {
      const { BytesSource } = await import("../src/source/source.js");
      const rest = new library.BytesSink();
      const file = { source: new BytesSource(begun), append: () => rest };
      const later = await library.MslWriter.resume(file, { nativeHash, uuid: laterUuids(), timestamp: () => 5n });
      await putRegion(later, 8 * MIB, MIB);
      await later.end();
      return rest.bytes();
    };
    const core = await resumed(false);
    expect(asked.bytes).toBe(0);
    const native = await resumed(true);
    expect(asked.bytes).toBeGreaterThan(HASHES * 5 * MIB);
    expect(Buffer.compare(native, core)).toBe(0);
    expect((await library.verifyCapture(concatenated(begun, native), { nativeHash: false })).outcome).toBe("intact");
  });

  it("transcode hashes source and output by the native package unless `nativeHash` is false, with the same bytes", async () => {
    const source = await capture({ nativeHash: false }, (writer) => putRegion(writer, 0, 5 * MIB));
    expect(asked.bytes).toBe(0);
    const transcoded = async (nativeHash: boolean) => {
      const sink = new library.BytesSink();
      await library.transcode(source, sink, { nativeHash, uuid: laterUuids() });
      return sink.bytes();
    };
    const core = await transcoded(false);
    expect(asked.bytes).toBe(0);
    const native = await transcoded(true);
    // FileHash and chain of the source, and of the output.
    expect(asked.bytes).toBeGreaterThan(2 * HASHES * 5 * MIB);
    expect(Buffer.compare(native, core)).toBe(0);
  });

  it("a writer that is closed while the native package is loaded rejects with `closed`", async () => {
    let open = () => {};
    vi.resetModules();
    countPackage(
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    library = await import("../src/index.js");
    support = await import("./write-support.js");
    const { sink, writer } = support.begin({ contents: ["MemoryRegion"], flush: "block" });
    await support.lead(writer);
    const before = sink.bytes();
    const region = putRegion(writer, 0, 5 * MIB);
    const refused = expect(region).rejects.toMatchObject({ code: "closed" });
    await vi.waitUntil(() => asked.loads > 0);
    await writer.close();
    open();
    await refused;
    expect(Buffer.compare(sink.bytes(), before)).toBe(0);
  });
});
