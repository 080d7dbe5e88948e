/** `findKeys` in memory that is made so that looking at it takes long: work is bounded and told, and other work of the thread has its turn. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type FindKeysOptions, FlatMemory, type FoundKey, findKeys } from "../../src/index.js";
import { certificateOf, nestedCertificates, nestedKeys } from "../support/der.js";

async function ask(bytes: Uint8Array, options: FindKeysOptions = {}) {
  const found: FoundKey[] = [];
  const asked = findKeys(new FlatMemory(bytes, 0n), { threads: 1, ...options });
  for await (const batch of asked) found.push(...batch);
  return { found, coverage: asked.coverage };
}

const hash = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());
const sec1 = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "sec1", format: "der" });
/** The key with another public key. */
const contradictory = (key: Uint8Array) => key.map((byte, i) => (i === key.length - 1 ? byte ^ 1 : byte));

afterEach(() => vi.restoreAllMocks());

describe("findKeys", () => {
  it("gives up where thousands of certificates overlap, says how many bytes, and finds keys elsewhere", async () => {
    const bytes = new Uint8Array(600_000);
    for (let at = 0; at + 16_384 < 400_000; at += 16_384) bytes.set(nestedCertificates(16_300), at);
    const key = sec1("prime256v1");
    for (const at of [450_003, 599_000]) bytes.set(key, at);
    const { found, coverage } = await ask(bytes);
    expect(found.map(({ address }) => address)).toEqual([450_003n, 599_000n]);
    const { givenUp } = coverage.notSearched;
    // The first half of each 16 KiB holds certificates inside certificates, in blocks of 4 KiB.
    expect(givenUp).toBeGreaterThan(100_000n);
    expect(givenUp).toBeLessThan(250_000n);
    expect(coverage.searched + givenUp).toBe(600_000n);
    expect(coverage).toMatchObject({ complete: false, notSearched: { leftOut: 0n } });
  });

  it("gives up keys inside keys, of which thousands would have to be held", async () => {
    const part = nestedKeys(16_300, (i) => hash(`key ${i}`));
    const { found, coverage } = await ask(part);
    expect(found.map(({ address, length }) => [address, length])).toEqual([[0n, 16_300]]);
    expect(coverage.notSearched.givenUp).toBeGreaterThan(8192n);
    expect(coverage.complete).toBe(false);
  });

  it("finds the largest certificates, and gives nothing up", async () => {
    for (const attributes of [10, 100, 1350]) {
      const certificate = certificateOf(attributes);
      const bytes = new Uint8Array(3 * certificate.length + 100);
      for (const at of [1, certificate.length + 40, 2 * certificate.length + 90]) bytes.set(certificate, at);
      const { found, coverage } = await ask(bytes);
      expect(found.map(({ length, kind }) => [length, kind])).toEqual(Array(3).fill([certificate.length, "certificate"]));
      expect(coverage.complete).toBe(true);
    }
    expect(certificateOf(1350).length).toBeGreaterThan(16_000);
  });

  it("computes the points of at most `mostPoints` keys, counts copies once, and says which bytes were given up", async () => {
    const keys = Array.from({ length: 5 }, () => sec1("secp256k1"));
    const [first, second] = keys;
    const bytes = Buffer.concat([...keys.slice(0, 3), first ?? Buffer.of(), ...keys.slice(3), second ?? Buffer.of()]);
    const lengths = keys.map(({ length }) => length);
    const { found, coverage } = await ask(bytes, { mostPoints: 3 });
    expect(found).toHaveLength(5);
    expect(found[3]?.fingerprint).toBe(found[0]?.fingerprint);
    expect(found[4]?.fingerprint).toBe(found[1]?.fingerprint);
    expect(coverage.notSearched.givenUp).toBe(BigInt((lengths[3] ?? 0) + (lengths[4] ?? 0)));
    expect(coverage.complete).toBe(false);
    expect((await ask(bytes, { mostPoints: 5 })).coverage.complete).toBe(true);
  });

  const AES = "words that are sums of two others";
  const HOSTILE: Record<string, () => Uint8Array> = {
    "headers of sequences": () => Buffer.alloc(200_000, Buffer.from("30823fff30823ff0", "hex")),
    "certificates inside certificates": () => Buffer.alloc(200_000, nestedCertificates(16_300)),
    "versions behind headers": () => Buffer.alloc(200_000, Buffer.from("3082100002010002", "hex")),
    "beginnings of PEM": () => Buffer.alloc(200_000, "-----BEGIN "),
    "magics of OpenSSH": () => Buffer.alloc(200_000, "openssh-key-v1\0"),
    "constants of ChaCha20": () => Buffer.alloc(200_000, "expand 32-byte k"),
    [AES]: () => {
      const words = new Uint32Array(50_000).map((_, i) => (i < 6 ? 0x9e3779b9 * (i + 1) : 0));
      for (let i = 6; i < words.length; i++) words[i] = (words[i - 1] ?? 0) ^ (words[i - 6] ?? 0);
      return new Uint8Array(words.buffer);
    },
    "keys of which no public key is right": () =>
      Buffer.concat(Array.from({ length: 12 }, () => contradictory(sec1("secp521r1")))),
  };

  /** Turns of the event loop while the memory is asked, on a clock that says at each look that a slice of time is over. */
  async function turnsIn(bytes: Uint8Array, signal?: AbortSignal, atTurn?: (turn: number) => void): Promise<number> {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 25));
    let turns = 0;
    let isAsking = true;
    const turn = () => {
      if (!isAsking) return;
      turns++;
      atTurn?.(turns);
      setImmediate(turn);
    };
    setImmediate(turn);
    try {
      await ask(bytes, signal ? { signal } : {});
    } finally {
      isAsking = false;
    }
    return turns;
  }

  it.each(Object.entries(HOSTILE))("gives way many times in one piece of memory full of %s", async (name, make) => {
    const bytes = make();
    const turns = await turnsIn(bytes);
    expect(turns).toBeGreaterThan(10);
    // A search for AES schedules gives way in any memory.
    const others = await turnsIn(new Uint8Array(bytes.length));
    if (name !== AES) expect(turns).toBeGreaterThan(others + 10);
  });

  it.each(Object.entries(HOSTILE))("hears an abort in one piece of memory full of %s", async (_, make) => {
    const bytes = make();
    const stop = new AbortController();
    let last = 0;
    const asked = turnsIn(bytes, stop.signal, (turn) => {
      last = turn;
      if (turn === 5) stop.abort();
    });
    await expect(asked).rejects.toMatchObject({ code: "aborted" });
    expect(last).toBeLessThan(10);
  });
});
