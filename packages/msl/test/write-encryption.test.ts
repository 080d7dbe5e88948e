/** Encrypted captures by MslWriter: every cipher and kind of secret, zeroed secrets, and failures. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AeadKey } from "../src/encryption/aead/aead.js";
import {
  BytesSink,
  type EncryptionOptions,
  fileSink,
  MslWriter,
  openCapture,
  type Sink,
  verifyStream,
  type WriterOptions,
  writeCapture,
} from "../src/index.js";
import { BlockWriter } from "../src/write/block-writer.js";
import { newCapture, type WriterState } from "../src/write/writer-state.js";
import { CIPHERS, KEY, SECRETS, secretOf } from "./write-encrypted.js";
import { HEADER, IDENTITY, lead, optionsFor, region } from "./write-support.js";

const { platformAead } = await import("#aead");

afterEach(() => vi.restoreAllMocks());

const BASE = 0x10_0000n;
const PAGES = 700;

function begin(encryption: EncryptionOptions, options: Partial<WriterOptions> = {}) {
  const sink = new BytesSink();
  return { sink, writer: new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], encryption, ...options })) };
}

/** Records the key of every cipher that is made, with the current bytes of the key. */
function watchedKeys(): readonly AeadKey[] {
  const keys: AeadKey[] = [];
  const create = platformAead.createEncryptor;
  vi.spyOn(platformAead, "createEncryptor").mockImplementation((key, aad) => {
    keys.push(key);
    return create(key, aad);
  });
  return keys;
}

/** The copy of the secret that the writer holds. */
function secretIn({ seal }: WriterState): Uint8Array {
  const [secret] = Object.values(seal?.options ?? {}).filter((value) => value instanceof Uint8Array);
  if (!secret) throw new Error("There is no secret");
  return secret;
}

async function* piecewise(bytes: Uint8Array) {
  yield bytes;
}

const isZero = (bytes: Uint8Array | undefined) => bytes?.every((byte) => byte === 0);

describe.each(CIPHERS.flatMap((cipher) => SECRETS.map((secret) => [cipher, secret] as const)))("%s with %s", (cipher, secret) => {
  it("a writer writes a capture with plain and compressed blocks that reads back the same", async () => {
    const { encryption, keys } = await secretOf(secret, cipher);
    const { sink, writer } = begin(encryption, { timestamp: () => 77n, flush: "block" });
    await lead(writer);
    const written = [];
    for (const [index, compression] of (["none", "zstd", "lz4"] as const).entries()) {
      written.push(...(await writer.memoryRegion(region(PAGES, BASE << BigInt(index)), { compression })).blocks);
    }
    expect(writer.size).toBe(sink.bytes().length);
    const finished = await writer.end();
    const file = sink.bytes();
    expect(finished).toMatchObject({ blocks: 6, size: file.length });
    expect(writer.size).toBe(file.length);

    const capture = await openCapture(file, { keys, strict: true });
    expect(capture.deviations).toEqual([]);
    const report = await capture.verify({ strict: true });
    expect(report).toMatchObject({ verdict: "aead-ok", outcome: "intact", fileHash: { status: "ok" } });
    expect(Buffer.from(report.fileHash.stored ?? []).toString("hex")).toBe(finished.fileHash);
    const places = [...capture.blocks]
      .slice(2, 5)
      .map(({ index, offset, length, uuid, flags }) => ({ index, offset, length, uuid, flags }));
    expect(places).toEqual(written);
    expect([...capture.blocks].map(({ flags }) => flags & 7)).toEqual([0, 0, 0, 3, 5, 0]);
    expect((await capture.blocks.at(0).decode()).payload).toMatchObject(IDENTITY);
    for (let index = 0n; index < 3n; index++) {
      const { pageData } = region(PAGES);
      const read = await capture.memory.read(BASE << index, pageData.length);
      expect(Buffer.compare(read.bytes(), pageData)).toBe(0);
    }
    await capture.close();
    expect((await verifyStream([file], { keys })).verdict).toBe("aead-ok");
  });
});

describe("writeCapture", () => {
  it("writeCapture encrypts a capture whose blocks are all given", async () => {
    const sink = new BytesSink();
    const blocks = [
      { payload: { kind: "ImportProvenance", sourceFormat: 1, toolName: "t", importTimeNs: 0n, origFileSize: 0n } },
    ] as const;
    const header = { ...HEADER, imported: true };
    const { size } = await writeCapture(sink, { header, blocks, encryption: { passphrase: "p" } });
    expect(size).toBe(sink.bytes().length);
    const capture = await openCapture(sink.bytes(), { keys: { passphrase: "p" } });
    expect(capture.header.blockCount).toBe(0);
    expect((await capture.verify()).verdict).toBe("aead-ok");
    await capture.close();
  });
});

describe("secrets of a writer", () => {
  it.each(CIPHERS)(
    "a writer zeroes its copy of the secrets when a capture in %s has ended, and not the secrets of the caller",
    async (cipher) => {
      const keys = watchedKeys();
      const options = optionsFor({ encryption: { cipher, key: KEY } });
      const state = newCapture(options);
      const sink = new BytesSink();
      const writer = new MslWriter(new BlockWriter(sink, state, options));
      const own = secretIn(state);
      expect(own).toEqual(KEY);
      await lead(writer);
      expect(isZero(own)).toBe(true);
      expect(keys.map(({ key }) => isZero(key))).toEqual([false]);
      await writer.end();
      expect(keys.map(({ key }) => isZero(key))).toEqual([true]);
      expect(KEY[31]).toBe(31);
    },
  );

  it("a writer zeroes its secrets when the writer is closed or fails", async () => {
    const keys = watchedKeys();
    const { writer: closed } = begin({ key: KEY });
    await lead(closed);
    await closed.close();
    const { writer: failed } = begin({ key: KEY });
    await lead(failed);
    await expect(failed.memoryRegion({ ...region(600), pageData: piecewise(region(599).pageData) })).rejects.toThrow();
    expect(keys.map(({ key }) => isZero(key))).toEqual([true, true]);
    await expect(failed.end()).rejects.toMatchObject({ code: "closed" });
  });

  it("a writer zeroes its secrets when the writer is closed before its first block or while the key is derived", async () => {
    const passphrase = new TextEncoder().encode("battery staple");
    const options = optionsFor({ encryption: { passphrase } });
    const kept = () => {
      const sink = new BytesSink();
      const state = newCapture(options);
      const own = secretIn(state);
      return { sink, own, writer: new MslWriter(new BlockWriter(sink, state, options)) };
    };
    const unused = kept();
    expect(isZero(unused.own)).toBe(false);
    await unused.writer.close();
    expect(isZero(unused.own)).toBe(true);
    const keys = watchedKeys();
    const deriving = kept();
    const first = deriving.writer.processIdentity(IDENTITY);
    await deriving.writer.close();
    await expect(first).rejects.toMatchObject({ code: "closed" });
    expect(isZero(deriving.own)).toBe(true);
    expect(keys).toEqual([]);
    expect(deriving.sink.bytes().length).toBe(0);
    expect(passphrase[0]).toBe(0x62);
  });

  it("a writer copies secrets in the constructor, so that later changes by the caller have no effect", async () => {
    const given = KEY.slice();
    const { sink, writer } = begin({ key: given }, { contents: [] });
    given.fill(0);
    await lead(writer);
    await writer.end();
    await (await openCapture(sink.bytes(), { keys: { key: KEY } })).close();
    await expect(openCapture(sink.bytes(), { keys: { key: given } })).rejects.toMatchObject({ code: "authentication-failed" });
  });
});

describe("refusals of a writer that encrypts", () => {
  it.each<[string, object | null, RegExp]>([
    ["null, which might be taken for a plain capture", null, /encryption is null/],
    ["no secret", {}, /exactly one of/],
    ["two secrets", { key: KEY, passphrase: "p" }, /exactly one of/],
    ["a short key", { key: KEY.subarray(1) }, /31 bytes, expected 32/],
    [
      "an unknown cipher",
      { key: KEY, cipher: "rot13" },
      /encryption.cipher is "rot13", expected "aes-256-gcm" or "xchacha20-poly1305"/,
    ],
    ["Argon2id with too little memory", { passphrase: "p", argon2: { kdfMemoryKiB: 65_535 } }, /an integer from 65536 to/],
    ["Argon2id with too few passes", { passphrase: "p", argon2: { kdfTime: 2 } }, /an integer from 3 to/],
    ["Argon2id with too few lanes", { passphrase: "p", argon2: { kdfLanes: 1 } }, /an integer from 4 to 255/],
  ])("the constructor throws for %s", (_, encryption, message) => {
    expect(() => begin(encryption as EncryptionOptions)).toThrow(message);
  });

  it("an unusable public key is refused with the first block, and nothing is written", async () => {
    const { sink, writer } = begin({ mechanism: "ml-kem-768", recipientPublicKey: KEY });
    await expect(writer.processIdentity(IDENTITY)).rejects.toMatchObject({ code: "bad-key" });
    await expect(writer.processIdentity(IDENTITY)).rejects.toMatchObject({ code: "closed" });
    expect(sink.bytes().length).toBe(0);
  });

  it("a refused block leaves the capture unchanged", async () => {
    const { sink, writer } = begin({ key: KEY });
    await expect(writer.memoryRegion(region(1))).rejects.toThrow("ProcessIdentity belongs there");
    await expect(writer.processIdentity({ ...IDENTITY, ppid: -1 })).rejects.toThrow(/ppid/);
    await lead(writer);
    await expect(writer.end()).rejects.toThrow("the header announces MemoryRegion");
    await writer.memoryRegion(region(2));
    await writer.end();
    const capture = await openCapture(sink.bytes(), { keys: { key: KEY }, strict: true });
    expect((await capture.verify()).verdict).toBe("aead-ok");
    await capture.close();
  });
});

describe("an encrypted capture without an end", () => {
  it("an encrypted capture without End-of-Capture can be neither opened nor resumed, and its file stays unchanged", async () => {
    const folder = mkdtempSync(join(tmpdir(), "msl-encrypted-"));
    try {
      const path = join(folder, "unfinished.msl");
      const writer = new MslWriter(await fileSink(path), optionsFor({ encryption: { key: KEY } }));
      await lead(writer);
      const { size } = writer;
      await writer.close();
      await expect(openCapture(path, { keys: { key: KEY } })).rejects.toMatchObject({ code: "authentication-failed" });
      await expect(MslWriter.resume(path)).rejects.toMatchObject({ code: "not-resumable" });
      await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
      const { openFileSource } = await import("../src/source/file-source.js");
      const source = await openFileSource(path);
      expect(source.size).toBe(size);
      await source.close?.();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("a sink that refuses the tag fails the writer", async () => {
    const keys = watchedKeys();
    const sink: Sink = {
      write: ({ length }) => {
        if (length === 16) throw new Error("disk full");
      },
    };
    const writer = new MslWriter(sink, optionsFor({ encryption: { key: KEY } }));
    await lead(writer);
    await expect(writer.end()).rejects.toThrow("The sink failed: disk full");
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    expect(keys.map(({ key }) => isZero(key))).toEqual([true]);
  });
});

describe("the sink of a writer that encrypts", () => {
  it("a writer passes only encrypted bytes to the sink behind the header, in pieces of at most 256 KiB", async () => {
    const pieces: Uint8Array[] = [];
    const writer = new MslWriter(
      { write: (bytes) => void pieces.push(bytes) },
      optionsFor({ contents: ["MemoryRegion"], encryption: { key: KEY } }),
    );
    await lead(writer);
    await writer.memoryRegion(region(PAGES));
    await writer.end();
    expect(pieces[0]?.length).toBe(128);
    expect(Math.max(...pieces.map(({ length }) => length))).toBe(256 * 1024);
    const file = Buffer.concat(pieces);
    for (const text of ["MSLC", "/bin/ls", "ls -l", "\x05".repeat(64)]) expect(file.includes(text)).toBe(false);
  });
});
