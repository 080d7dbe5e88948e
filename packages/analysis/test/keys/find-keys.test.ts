/** `findKeys` against keys that OpenSSL and OpenSSH make. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type FindKeysOptions, FlatMemory, type FoundKey, findKeys, type Memory } from "../../src/index.js";
import { certificates, isInstalled, opensshKeys, opensslKeys, opensslReads, type Planted } from "../support/node-keys.js";
import { SparseMemory } from "../support/sparse-memory.js";

const BASE = 0x7f0000000000n;

async function keysIn(memory: Memory, options: FindKeysOptions = {}): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  for await (const batch of findKeys(memory, options)) found.push(...batch);
  return found;
}

const KEYS: readonly Planted[] = [
  ...opensslKeys(),
  ...(isInstalled("ssh-keygen") ? opensshKeys() : []),
  ...(isInstalled("openssl") ? certificates() : []),
];

describe("findKeys", () => {
  it.each(KEYS.map((key) => [key.name, key] as const))(
    "finds %s at every alignment, and nothing else",
    async (_, { bytes, expected }) => {
      for (let before = 0; before < 4; before++) {
        const image = new Uint8Array(randomBytes(bytes.length + 200 + before));
        image.set(bytes, 100 + before);
        expect(await keysIn(new FlatMemory(image, BASE))).toEqual([{ address: BASE + BigInt(100 + before), ...expected }]);
        const exact = new FlatMemory(bytes, BASE);
        expect(await keysIn(exact)).toEqual([{ address: BASE, ...expected }]);
      }
    },
  );

  it("finds no structure whose last byte is missing or of which a hole begins inside", async () => {
    for (const { bytes, name } of KEYS) {
      const half = bytes.length >> 1;
      const cut = new SparseMemory([
        { address: BASE, content: bytes.subarray(0, half) },
        { address: BASE + BigInt(half), content: { length: 1, state: "failed" } },
        { address: BASE + BigInt(half + 1), content: bytes.subarray(half + 1) },
      ]);
      // A key inside a structure can lie behind the hole.
      expect(
        (await keysIn(cut)).filter(({ address }) => address === BASE),
        name,
      ).toEqual([]);
      expect(
        (await keysIn(new FlatMemory(bytes.subarray(0, -1), BASE))).filter(({ address }) => address === BASE),
        name,
      ).toEqual([]);
    }
  });

  it("finds each key once across the borders of pieces", async () => {
    const image = new Uint8Array((3 << 20) + 5000);
    const expected: { address: bigint; fingerprint: string }[] = [];
    let turn = 0;
    for (let at = 3; at + 40_000 < image.length; ) {
      const key = KEYS[turn++ % KEYS.length];
      if (!key) break;
      image.set(key.bytes, at);
      expected.push({ address: BigInt(at), fingerprint: key.expected.fingerprint });
      at += key.bytes.length + 7;
    }
    const found = await keysIn(new FlatMemory(image, 0n));
    expect(found.map(({ address, fingerprint }) => ({ address, fingerprint }))).toEqual(expected);
  });

  it("gives bytes of keys only when they are asked for, and OpenSSL reads them", async () => {
    for (const { bytes, expected } of KEYS) {
      const memory = new FlatMemory(bytes, BASE);
      expect(
        JSON.stringify((await keysIn(memory))[0], (_, value) => (typeof value === "bigint" ? `${value}` : value)),
      ).not.toContain("secret");
      const [shown] = await keysIn(memory, { showSecrets: true });
      const { form } = expected;
      if (form === "pkcs1" || form === "pkcs8" || form === "sec1") {
        expect(opensslReads(shown?.secret ?? new Uint8Array(), form).asymmetricKeyType).toBe(expected.kind);
      } else if (!expected.pem) expect(shown?.secret).toEqual(new Uint8Array(bytes));
    }
  });

  it("gives the same fingerprint to one key in all its forms", () => {
    const of = (name: string) =>
      new Set(KEYS.filter((key) => key.name.startsWith(name)).map(({ expected }) => expected.fingerprint));
    for (const name of ["rsa 2048 pkcs", "P-256 ", "P-521 ", "secp256k1 ", "ed25519 pkcs8"]) expect(of(name).size, name).toBe(1);
  });
});
