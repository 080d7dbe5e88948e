/** Random access to the plaintext of captures of several megabytes, also when the file changes after authentication. */
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { aeadKeyOf } from "../../src/encryption/aead/aead.js";
import { authenticate } from "../../src/encryption/authenticate.js";
import { DecryptingSource } from "../../src/encryption/open-envelope.js";
import type { CipherName } from "../../src/format/encryption-extension.js";
import { type KeyMaterial, MslError, MslReader, openCapture } from "../../src/index.js";
import { BytesSource } from "../../src/source/source.js";
import { captureOf, PAGE, regionPayload } from "../build-capture.js";
import { bytesFrom, sealedCapture } from "./sealed-capture.js";

const KEY = bytesFrom(0, 32);
const keys: KeyMaterial = { key: KEY };
const CIPHERS: readonly CipherName[] = ["aes-256-gcm", "xchacha20-poly1305"];
const PAGES = 5000;
const BASE = 0x10000n;

/** Region of 5,000 pages whose bytes never repeat, and End-of-Capture. */
function plainBlocks(): { blocks: Uint8Array; memory: Uint8Array } {
  const payload = regionPayload({ base: BASE, states: new Array<number>(PAGES).fill(0), fill: 0 });
  const memory = payload.subarray(payload.length - PAGES * PAGE);
  for (let i = 0, state = 1; i < memory.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    memory[i] = state >>> 24;
  }
  const blocks = captureOf([
    { type: 0x40, payload: new Uint8Array(24) },
    { type: 0x10, payload: new Uint8Array(8) },
    { type: 0x01, payload },
    { type: 0xfff, payload: new Uint8Array(48) },
  ]).subarray(64);
  return { blocks, memory };
}

const { blocks, memory } = plainBlocks();
const range = fc.tuple(fc.integer({ min: 0, max: memory.length - 1 }), fc.integer({ min: 1, max: 300_000 }));

/** The plaintext of a sealed capture of `blocks`, its key, and the fingerprints of its windows. */
async function decrypted(file: Uint8Array, cipher: CipherName) {
  const message = {
    source: new BytesSource(file),
    start: 128,
    size: blocks.length,
    aad: file.subarray(0, 128),
    tag: file.subarray(-16),
  };
  const key = aeadKeyOf(cipher === "aes-256-gcm" ? 1 : 2, KEY, file.subarray(0x50, 0x68));
  const digests = await authenticate(message, key, {});
  if (!digests) throw new Error("The tag holds");
  const source = new DecryptingSource(message, key, digests);
  return { source, key, digests };
}

describe.each(CIPHERS)("%s", (cipher) => {
  it("300 random reads of a decrypted capture give the plaintext", async () => {
    const file = await sealedCapture([blocks], { key: KEY, cipher });
    const capture = await openCapture(file, { keys });
    await fc.assert(
      fc.asyncProperty(range, async ([start, wanted]) => {
        const length = Math.min(wanted, memory.length - start);
        const read = await capture.memory.read(BASE + BigInt(start), length);
        expect(Buffer.compare(read.bytes(), memory.subarray(start, start + length))).toBe(0);
      }),
      { numRuns: 300, seed: 1 },
    );
    let streamed = 0;
    for await (const block of MslReader.from([file], { keys })) {
      for await (const piece of block.pieces()) {
        const at = block.payloadOffset + streamed;
        if (block.index === 2) expect(Buffer.compare(piece, blocks.subarray(at, at + piece.length))).toBe(0);
        streamed += piece.length;
      }
      streamed = 0;
    }
    await capture.close();
  });

  it("reads across windows and pieces, and up to the last byte, give the plaintext without the cache", async () => {
    const file = await sealedCapture([blocks], { key: KEY, cipher });
    const { source, key } = await decrypted(file, cipher);
    for (const [offset, length] of [
      [0, blocks.length],
      [65_535, 2],
      [2 ** 20 - 1, 2 ** 20 + 2],
      [blocks.length - 1, 1],
      [blocks.length, 0],
      [131_072, 65_536],
      [77, 0],
    ] as const) {
      expect(Buffer.compare(await source.read(offset, length), blocks.subarray(offset, offset + length))).toBe(0);
    }
    await expect(source.read(blocks.length, 1)).rejects.toThrow(/pass the end/);
    await source.close();
    expect(key.key).toEqual(new Uint8Array(32));
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: "closed" });
  });

  it("all windows of a read are compared before any of them is decrypted", async () => {
    const file = await sealedCapture([blocks], { key: KEY, cipher });
    const { source, digests } = await decrypted(file, cipher);
    const { windowBytes } = digests;
    // One bit in each window in turn, while a read takes that window and its neighbours.
    for (let window = 0; window * windowBytes < blocks.length; window++) {
      const at = 128 + Math.min(window * windowBytes + windowBytes - 1, blocks.length - 1);
      file[at] = (file[at] ?? 0) ^ 1;
      await expect(source.read(0, blocks.length), `window ${window}`).rejects.toMatchObject({ code: "changed" });
      file[at] = (file[at] ?? 0) ^ 1;
    }
    expect(Buffer.compare(await source.read(0, blocks.length), blocks)).toBe(0);
    await source.close();
  });

  it("bytes that changed after they were authenticated are never decrypted", async () => {
    const file = await sealedCapture([blocks], { key: KEY, cipher });
    const folder = await mkdtemp(join(tmpdir(), "msl-changed-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "a.msl");
    await writeFile(path, file);
    const capture = await openCapture(path, { keys });
    const at = 3_000_000;
    const handle = await open(path, "r+");
    const fileOffset = file.length - 16 - 48 - 80 - memory.length + at;
    await handle.write(Uint8Array.of((file[fileOffset] ?? 0) ^ 1), 0, 1, fileOffset);
    await handle.close();
    const changed = expect.objectContaining({ name: "MslError", code: "changed" });
    await expect(capture.memory.read(BASE + BigInt(at), 1)).rejects.toEqual(changed);
    await expect(capture.memory.read(BASE + BigInt(at - 60_000), 100_000)).rejects.toEqual(changed);
    await expect(capture.verify()).rejects.toEqual(changed);
    const far = await capture.memory.read(BASE, 100);
    expect(Buffer.compare(far.bytes(), memory.subarray(0, 100))).toBe(0);
    await capture.close();
  });
});

describe("opening", () => {
  it("opening an encrypted capture reports its progress, and stops at an abort", async () => {
    const file = await sealedCapture([blocks], { key: KEY });
    const seen: number[] = [];
    const abort = new AbortController();
    const opening = openCapture(file, {
      keys,
      signal: abort.signal,
      onProgress: ({ bytesDone, bytesTotal = 0 }) => {
        seen.push(bytesDone / bytesTotal);
        if (seen.length === 2) abort.abort();
      },
    });
    await expect(opening).rejects.toMatchObject({ code: "aborted" });
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBeGreaterThan(seen[0] ?? 1);
  });

  it("an encrypted stream is kept in memory up to a limit only", async () => {
    const file = await sealedCapture([blocks], { key: KEY });
    const reader = MslReader.from([file.subarray(0, 1000), file.subarray(1000)], { keys, encryptedStreamLimit: 1_000_000 });
    const first = reader[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow(/more than 1000000 bytes.*write it to a file/);
    await expect(first).rejects.toBeInstanceOf(MslError);
  });
});
