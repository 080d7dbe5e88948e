/** The native and the portable ciphers against the one-shot ciphers of two other implementations. */
import { createCipheriv } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305, xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { describe, expect, it } from "vitest";
import { type AeadKey, type AeadName, aeadKeyOf, KEY_STREAM_UNIT } from "../../src/encryption/aead/aead.js";
import { platformAead } from "../../src/encryption/aead/aead-node.js";
import { platformAead as portableAead } from "../../src/encryption/aead/aead-portable.js";
import { WindowDigests } from "../../src/encryption/authenticate.js";
import { concatenated } from "../vectors.js";
import { bytesFrom, unevenPieces } from "./sealed-capture.js";

const SIZES = [0, 1, 15, 16, 17, 63, 64, 65, 1000, 65_536, 70_001];

function sample(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 131 + (i >> 8) * 7 + (i >> 16) * 13) & 0xff);
}

function keyOf(name: AeadName): AeadKey {
  return { name, key: bytesFrom(7, 32), nonce: bytesFrom(0x30, 12) };
}

/** Ciphertext and tag by node:crypto in one piece. */
function byNode({ name, key, nonce }: AeadKey, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const options = { authTagLength: 16 };
  const cipher = name === "aes-256-gcm" ? createCipheriv(name, key, nonce, options) : createCipheriv(name, key, nonce, options);
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return concatenated(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

describe.each([
  ["node:crypto", platformAead],
  ["portable", portableAead],
])("%s", (_, aead) => {
  describe.each(["aes-256-gcm", "chacha20-poly1305"] as const)("%s", (name) => {
    const key = keyOf(name);
    const noble = name === "aes-256-gcm" ? gcm : chacha20poly1305;

    it.each(SIZES)("%i bytes encrypted in pieces are those that another implementation encrypts at once", async (size) => {
      for (const aad of [bytesFrom(0, 128), bytesFrom(0, 161), new Uint8Array(0)]) {
        const plaintext = sample(size);
        const expected = byNode(key, aad, plaintext);
        expect(Buffer.compare(noble(key.key, key.nonce, aad).encrypt(plaintext), expected)).toBe(0);
        const encryptor = aead.createEncryptor(key, aad);
        const parts: Uint8Array[] = [];
        for (const piece of unevenPieces(plaintext)) {
          const part = await encryptor.update(piece);
          expect(part.length).toBe(piece.length);
          parts.push(part);
        }
        expect(Buffer.compare(concatenated(...parts, encryptor.finish()), expected)).toBe(0);
      }
    });

    it.each(SIZES)("the tag over %i bytes is verified, and an altered one refused", (size) => {
      const aad = bytesFrom(3, 128);
      const sealed = byNode(key, aad, sample(size));
      const holds = (bytes: Uint8Array, given = aad) => {
        const check = aead.createTagCheck(key, given);
        for (const piece of unevenPieces(bytes.subarray(0, size))) check.update(piece);
        return check.holds(bytes.subarray(size));
      };
      expect(holds(sealed)).toBe(true);
      expect(holds(sealed, bytesFrom(2, 128))).toBe(false);
      for (const at of new Set([0, size >> 1, size, size + 15])) {
        const altered = sealed.slice();
        altered[at] = (altered[at] ?? 0) ^ 0x10;
        expect(holds(altered)).toBe(false);
      }
    });

    it("the key stream can be entered at any offset", async () => {
      const plaintext = sample(70_001);
      const ciphertext = byNode(key, new Uint8Array(0), plaintext);
      const keyStream = aead.createKeyStream(key);
      for (const [offset, length] of [
        [0, 5],
        [64, 1000],
        [65_536, 4465],
        [640, 0],
        [KEY_STREAM_UNIT * 999, 77],
      ] as const) {
        const part = await keyStream.apply(offset, ciphertext.subarray(offset, offset + length));
        expect(Buffer.compare(part, plaintext.subarray(offset, offset + length))).toBe(0);
      }
    });

    it("the block counter goes beyond 2^31", async () => {
      const offset = 2 ** 36 - 2 ** 20;
      const bytes = sample(100);
      const once = await platformAead.createKeyStream(key).apply(offset, bytes);
      expect(Buffer.compare(await portableAead.createKeyStream(key).apply(offset, bytes), once)).toBe(0);
      expect(Buffer.compare(await aead.createKeyStream(key).apply(offset, once), bytes)).toBe(0);
    });
  });

  it("fingerprints differ for windows with other bytes or another place", () => {
    const bytes = sample(300_000);
    const digests = new WindowDigests(bytes.length, aead.createWindowMac());
    const { windowBytes } = digests;
    digests.add(0, bytes);
    expect(digests.match(0, bytes)).toBe(true);
    expect(digests.match(2 * windowBytes, bytes.subarray(2 * windowBytes))).toBe(true);
    expect(digests.match(windowBytes, bytes.subarray(0, windowBytes))).toBe(false);
    for (const at of [0, windowBytes - 1, windowBytes, bytes.length - 1]) {
      const altered = bytes.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(digests.match(0, altered)).toBe(false);
    }
  });
});

it("the fingerprints of a message take 2 MiB at most", () => {
  const { windowBytes } = new WindowDigests(2 ** 38, portableAead.createWindowMac());
  expect((2 ** 38 / windowBytes) * 16).toBe(2 ** 21);
  expect(new WindowDigests(2 ** 34, portableAead.createWindowMac()).windowBytes).toBe(131_072);
});

it("XChaCha20-Poly1305 is ChaCha20-Poly1305 with the derived key and nonce", () => {
  const [contentKey, nonce, plaintext] = [bytesFrom(0, 32), bytesFrom(0x40, 24), sample(300)];
  const sealed = byNode(aeadKeyOf(2, contentKey, nonce), bytesFrom(0, 9), plaintext);
  expect(Buffer.compare(xchacha20poly1305(contentKey, nonce, bytesFrom(0, 9)).encrypt(plaintext), sealed)).toBe(0);
});
