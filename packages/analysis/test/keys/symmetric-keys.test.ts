/** AES schedules and ChaCha20 states in `findKeys`, and memory that is made to look like keys. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { blake3 } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { expandKey, inverseSchedule, reversedWords } from "../../../core-wasm/test/support/aes-expansion.js";
import { type FindKeysOptions, FlatMemory, type FoundKey, findKeys, type Memory } from "../../src/index.js";
import { SparseMemory } from "../support/sparse-memory.js";

async function keysIn(memory: Memory, options: FindKeysOptions = {}): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  for await (const batch of findKeys(memory, options)) found.push(...batch);
  return found;
}

/** Bytes that repeat in no run, and differ for each seed. */
function pseudoRandom(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    const block = createHash("sha256").update(`${seed} ${at}`).digest();
    bytes.set(block.subarray(0, Math.min(32, length - at)), at);
  }
  return bytes;
}

const FINGERPRINT = (bytes: Uint8Array) => Buffer.from(blake3(bytes).subarray(0, 8)).toString("hex");

describe("findKeys of AES", () => {
  const key = pseudoRandom(24, 1);
  const schedule = expandKey(key);
  const forms = {
    schedule,
    "schedule-reversed": reversedWords(schedule),
    "inverse-schedule": inverseSchedule(schedule),
    "inverse-schedule-reversed": reversedWords(inverseSchedule(schedule)),
  };

  it("finds schedules across borders of pieces once, with the same fingerprint in every form", async () => {
    const image = pseudoRandom((1 << 20) + 4096, 2);
    const places: number[] = [];
    const list = Object.entries(forms);
    // Pieces of 256 KiB repeat 24 KiB.
    const borders = [1, 2, 3, 4].flatMap((i) => [i * ((1 << 18) - 24 * 1024), i * ((1 << 18) - 24 * 1024) + 24 * 1024]);
    for (const border of borders) for (const from of [-800, -300, -4, 300]) places.push(border + from);
    places.sort((a, b) => a - b);
    for (const [i, place] of places.entries()) image.set(list[i % list.length]?.[1] ?? [], place);
    const found = await keysIn(new FlatMemory(image, 0x1000n), { kinds: ["aes"], showSecrets: true });
    expect(found).toEqual(
      places.map((place, i) => ({
        address: BigInt(0x1000 + place),
        length: 208,
        kind: "aes",
        form: list[i % list.length]?.[0],
        pem: false,
        bits: 192,
        encrypted: false,
        proof: "arithmetic",
        fingerprint: FINGERPRINT(key),
        secret: key,
      })),
    );
  });

  it("finds schedules at multiples of 4 of their address, and with everyByte at every address", async () => {
    for (let base = 0n; base < 4n; base++) {
      for (let before = 0; before < 4; before++) {
        const image = new Uint8Array(1000);
        image.set(schedule, before);
        const memory = new FlatMemory(image, base);
        const address = base + BigInt(before);
        expect((await keysIn(memory)).map((found) => found.address)).toEqual(address % 4n === 0n ? [address] : []);
        expect((await keysIn(memory, { everyByte: true })).map((found) => found.address)).toEqual([address]);
      }
    }
  });

  it("ends at the limit, looks between two addresses, and says what was not searched", async () => {
    const image = new Uint8Array(2 << 20);
    for (let at = 0; at < image.length - 208; at += 65_536) image.set(schedule, at);
    const found = findKeys(new FlatMemory(image, 0n), { limit: 3 });
    const addresses: bigint[] = [];
    for await (const batch of found) addresses.push(...batch.map(({ address }) => address));
    expect(addresses).toEqual([0n, 65_536n, 131_072n]);
    expect(found.coverage.complete).toBe(false);
    const between = await keysIn(new FlatMemory(image, 0n), { from: 4n, to: 65_536n + 208n });
    expect(between.map(({ address }) => address)).toEqual([65_536n]);
    expect(await keysIn(new FlatMemory(image, 0n), { from: 4n, to: 65_536n + 207n })).toEqual([]);
  });
});

describe("findKeys of ChaCha20", () => {
  // RFC 8439, 2.3.2: the key, counter and nonce of the example.
  const key = Uint8Array.from({ length: 32 }, (_, i) => i + 0x80);
  const tail = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0);
  const state = Buffer.concat([Buffer.from("expand 32-byte k"), key, tail]);
  const short = Buffer.concat([Buffer.from("expand 16-byte k"), key.subarray(0, 16), key.subarray(0, 16), tail]);

  it("finds states at multiples of 4, by layout or, of short keys, by the key that stands twice", async () => {
    const image = new Uint8Array(400);
    image.set(state, 8);
    image.set(short, 100);
    image.set(state, 201);
    const found = await keysIn(new FlatMemory(image, 0n));
    expect(found.map(({ address, kind, form, bits, proof, length }) => [address, kind, form, bits, proof, length])).toEqual([
      [8n, "chacha20", "state", 256, "layout", 64],
      [100n, "chacha20", "state", 128, "structure", 64],
    ]);
    expect(found.map(({ fingerprint }) => fingerprint)).toEqual([FINGERPRINT(key), FINGERPRINT(key.subarray(0, 16))]);
    const everywhere = await keysIn(new FlatMemory(image, 0n), { everyByte: true });
    expect(everywhere.map(({ address }) => address)).toEqual([8n, 100n, 201n]);
    expect(await keysIn(new FlatMemory(image, 0n), { everyByte: true, from: 202n })).toEqual([]);
  });

  it("refuses constants before zeros, text, repeated words, another short key, and states that are cut off by a hole", async () => {
    const constants = [Buffer.from("expand 32-byte k"), Buffer.from("expand 16-byte k")];
    const behind = ["", "expand 16-byte kexpand 32-byte k another text", "\xff".repeat(48), "abcd".repeat(12)];
    for (const constant of constants) {
      for (const text of behind) {
        const image = new Uint8Array(128);
        image.set(Buffer.concat([constant, Buffer.from(text, "latin1")]));
        expect(await keysIn(new FlatMemory(image, 0n))).toEqual([]);
      }
    }
    expect(await keysIn(new FlatMemory(Buffer.concat([constants[1] ?? Buffer.of(), key, tail]), 0n))).toEqual([]);
    const cut = new SparseMemory([
      { address: 0n, content: state.subarray(0, 40) },
      { address: 40n, content: { length: 4, state: "failed" } },
      { address: 44n, content: state.subarray(44) },
    ]);
    expect(await keysIn(cut)).toEqual([]);
  });
});

describe("findKeys of other memory", () => {
  it("finds nothing in pseudo-random bytes, at any address", async () => {
    expect(await keysIn(new FlatMemory(pseudoRandom(4 << 20, 3), 0n), { everyByte: true })).toEqual([]);
  });

  it("finds in the program of Node only the certificates that Node has", async () => {
    const { rootCertificates } = await import("node:tls");
    const found = await keysIn(new FlatMemory(readFileSync(process.execPath), 0n));
    const known = new Set(rootCertificates.map((pem) => FINGERPRINT(Buffer.from(pem.replace(/-----.*-----|\n/g, ""), "base64"))));
    expect(found.filter(({ fingerprint }) => !known.has(fingerprint))).toEqual([]);
    expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(known.size);
  }, 60_000);

  const HOSTILE: Record<string, string> = {
    "headers of sequences": "0",
    zeros: "\0",
    versions: "\x02\x01\x00",
    "lengths that pass the end": "0\x83\xff\xff\xff\x02\x01\x00\x02",
    "lengths of more bytes than there are": "0\xff\x02\x01\x01",
    "endless lengths": "0\x80\x02\x01\x00",
    "keys inside keys": "0\x82\x10\x00\x02\x01\x00\x02",
    "certificates inside certificates": "0\x82\x3f\xff0\x82\x3f\xf0",
    "beginnings of PEM": "-----BEGIN ",
    "labels of PEM": "-----BEGIN RSA PRIVATE KEY-----",
    "magics of OpenSSH": "openssh-key-v1\0",
    "lengths of OpenSSH": "openssh-key-v1\0\xff\xff\xff\xff",
    "names of OpenSSH": "openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x10",
    "constants of ChaCha20": "expand 32-byte k",
  };

  it.each(Object.entries(HOSTILE))("finds nothing in memory full of %s", async (_, text) => {
    const part = Buffer.from(text, "latin1");
    const image = Buffer.alloc(600_000, part);
    const found = findKeys(new FlatMemory(image, 1n));
    for await (const batch of found) expect(batch).toEqual([]);
    expect(found.coverage).toMatchObject({ searched: 600_000n, complete: true });
  });

  it("refuses a list of kinds that is empty or has an unknown kind", () => {
    const memory = new FlatMemory(new Uint8Array(1), 0n);
    expect(() => findKeys(memory, { kinds: [] })).toThrow(/no kind of key/);
    expect(() => findKeys(memory, { kinds: ["dsa" as "aes"] })).toThrow(/"dsa", expected "aes"/);
  });
});
