/** `findKeys` of structures that contradict themselves: they are evidence, too. Keys of OpenSSL and OpenSSH, altered. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { blake3 } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { FlatMemory, type FoundKey, findKeys } from "../../src/index.js";
import { der } from "../support/der.js";
import { isInstalled, opensshKeys } from "../support/node-keys.js";

async function keysIn(bytes: Uint8Array): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  for await (const batch of findKeys(new FlatMemory(bytes, 0x5000n))) found.push(...batch);
  return found;
}

const fingerprint = (bytes: Uint8Array) => Buffer.from(blake3(bytes).subarray(0, 8)).toString("hex");
const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** Every place of `part` in `bytes`. */
function placesOf(part: Uint8Array, bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) places.push(at);
  return places;
}

const jwkPart = (key: KeyObject, name: "x" | "y" | "n" | "e" | "d" | "q" | "qi" | "dp") =>
  Buffer.from(key.export({ format: "jwk" })[name] ?? "", "base64url");
const point = (key: KeyObject) => Buffer.concat([Buffer.of(4), jwkPart(key, "x"), jwkPart(key, "y")]);

describe("findKeys", () => {
  const plain = (isInstalled("ssh-keygen") ? opensshKeys() : []).filter(({ expected }) => !expected.encrypted && !expected.pem);

  it.each(plain.map((key) => [key.name, key] as const))(
    "reports a key of OpenSSH whose copies of the public key differ: %s",
    async (_, { bytes, expected }) => {
      const file = Buffer.from(bytes);
      // The blob of the public key is a string behind the number of keys; its last part is the key.
      const blobLength = file.readUInt32BE(file.indexOf(Buffer.of(0, 0, 0, 1, 0, 0)) + 4);
      const blobStart = file.indexOf(Buffer.of(0, 0, 0, 1, 0, 0)) + 8;
      const last = file.subarray(blobStart + blobLength - 32, blobStart + blobLength);
      const places = placesOf(last, file);
      expect(places.length).toBe(expected.kind === "ed25519" ? 3 : 2);
      for (const place of places) {
        const [found, ...others] = await keysIn(flipped(file, place + 31));
        expect(others).toEqual([]);
        expect(found).toMatchObject({ address: 0x5000n, length: bytes.length, kind: expected.kind, form: "openssh" });
        expect(found?.problem).toMatch(/public key/);
        // What a private key proves is its own public key; RSA has the modulus among its private numbers.
        const isPrivateModulus = expected.kind === "rsa" && place !== places[0];
        if (isPrivateModulus) expect(found).toMatchObject({ proof: "structure", problem: expect.stringMatching(/modulus/) });
        else expect(found?.fingerprint).toBe(expected.fingerprint);
      }
    },
  );

  it.each(["prime256v1", "secp384r1", "secp521r1", "secp256k1"])(
    "reports a private key of %s with the public key of another one",
    async (namedCurve) => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve });
      for (const type of ["sec1", "pkcs8"] as const) {
        const bytes = privateKey.export({ type, format: "der" });
        const [found, ...others] = await keysIn(flipped(bytes, bytes.length - 1));
        expect(others).toEqual([]);
        expect(found).toMatchObject({
          address: 0x5000n,
          length: bytes.length,
          kind: "ec",
          form: type,
          proof: "structure",
          problem: "the public key in the structure is not that of the private key",
          fingerprint: fingerprint(point(privateKey)),
        });
      }
    },
  );

  it("compares the public key behind a private key in PKCS#8 (RFC 5958) with the one inside", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const whole = privateKey.export({ type: "pkcs8", format: "der" });
    const content = Buffer.concat([Buffer.of(2, 1, 1), whole.subarray(4 + (whole[1] === 0x82 ? 3 : whole[1] === 0x81 ? 2 : 1))]);
    const inside = whole.subarray(whole[1] === 0x81 ? 3 : 2).subarray(3);
    expect(content.subarray(3)).toEqual(inside);
    const of = (publicKey: Uint8Array) => der(0x30, content, der(0x81, Buffer.of(0), publicKey));
    const right = point(privateKey);
    expect((await keysIn(of(right)))[0]).toMatchObject({ kind: "ec", proof: "arithmetic", fingerprint: fingerprint(right) });
    expect((await keysIn(of(right)))[0]).not.toHaveProperty("problem");
    expect(await keysIn(of(flipped(right, 40)))).toEqual([
      expect.objectContaining({
        form: "pkcs8",
        proof: "arithmetic",
        problem: "the structure has two public keys that differ",
        fingerprint: fingerprint(right),
      }),
    ]);
  });

  it("reports the public key of Ed25519 behind a private key of another one", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const content = privateKey.export({ type: "pkcs8", format: "der" }).subarray(5);
    const right = jwkPart(privateKey, "x");
    const of = (publicKey: Uint8Array) => der(0x30, Buffer.of(2, 1, 1), content, der(0x81, Buffer.of(0), publicKey));
    expect((await keysIn(of(right)))[0]).toMatchObject({ kind: "ed25519", proof: "arithmetic" });
    expect((await keysIn(of(flipped(right, 3))))[0]).toMatchObject({
      kind: "ed25519",
      proof: "structure",
      problem: "the public key in the structure is not that of the private key",
      fingerprint: fingerprint(right),
    });
  });

  it.each([
    ["n", "the modulus is not the product of the primes"],
    ["q", "the modulus is not the product of the primes"],
    ["d", "the exponents are not inverse to each other"],
    ["qi", "the coefficient is not the inverse of the second prime"],
    ["dp", "the exponents for the primes are not those of the private exponent"],
  ] as const)("reports an RSA key of which %s is wrong", async (part, problem) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    for (const type of ["pkcs1", "pkcs8"] as const) {
      const bytes = privateKey.export({ type, format: "der" });
      const [place = 0] = placesOf(jwkPart(privateKey, part), bytes);
      expect(place).toBeGreaterThan(0);
      const [found, ...others] = await keysIn(flipped(bytes, place + 20));
      expect(others).toEqual([]);
      expect(found).toMatchObject({
        address: 0x5000n,
        length: bytes.length,
        kind: "rsa",
        form: type,
        proof: "structure",
        problem,
      });
    }
  });
});
