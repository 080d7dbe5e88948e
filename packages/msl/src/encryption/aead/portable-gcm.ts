/** AES-256-GCM (NIST SP 800-38D) put together from GHASH, one-block AES and counter mode. */
import { GHASH } from "@noble/ciphers/_polyval.js";
import { ecb } from "@noble/ciphers/aes.js";
import type { AeadKey, KeyStream, RunningTag } from "./aead.js";

const BLOCK = 16;
/** Makes noble build its largest table, which pays off from a few kilobytes on. */
const LONG_MESSAGE = 1024 * 1024;

export function gcmTag({ key, nonce }: AeadKey, aad: Uint8Array): RunningTag {
  // The hash key is the zero block encrypted; the first counter block, encrypted, masks the tag.
  const blocks = new Uint8Array(2 * BLOCK);
  blocks.set(nonce, BLOCK);
  blocks[2 * BLOCK - 1] = 1;
  const encrypted = ecb(key, { disablePadding: true }).encrypt(blocks);
  const mask = encrypted.subarray(BLOCK);
  const ghash = new GHASH(encrypted.subarray(0, BLOCK), LONG_MESSAGE);
  ghash.update(aad);
  // Each of noble's updates is padded to whole blocks: what is left of one waits for the next.
  const rest = new Uint8Array(BLOCK);
  let restLength = 0;
  let length = 0;
  return {
    update(ciphertext) {
      length += ciphertext.length;
      const filling = ciphertext.subarray(0, restLength === 0 ? 0 : BLOCK - restLength);
      rest.set(filling, restLength);
      restLength += filling.length;
      if (restLength === BLOCK) {
        ghash.update(rest);
        restLength = 0;
      }
      const behind = ciphertext.subarray(filling.length);
      const whole = behind.length - (behind.length % BLOCK);
      if (restLength > 0) return;
      ghash.update(behind.subarray(0, whole));
      rest.set(behind.subarray(whole));
      restLength = behind.length - whole;
    },
    finish() {
      ghash.update(rest.subarray(0, restLength));
      const lengths = new DataView(new ArrayBuffer(BLOCK));
      lengths.setBigUint64(0, BigInt(aad.length) * 8n);
      lengths.setBigUint64(8, BigInt(length) * 8n);
      ghash.update(new Uint8Array(lengths.buffer));
      return ghash.digest().map((byte, i) => byte ^ (mask[i] ?? 0));
    },
  };
}

/** AES-CTR by WebCrypto: the counter is the last four bytes of the block, and encryption starts with 2. */
export function gcmKeyStream({ key, nonce }: AeadKey): KeyStream {
  const imported = crypto.subtle.importKey("raw", key as Uint8Array<ArrayBuffer>, "AES-CTR", false, ["encrypt"]);
  // Whoever applies the key stream gets the failure; nobody may do so before the capture is closed.
  imported.catch(() => {});
  return {
    async apply(offset, bytes) {
      const copy = new Uint8Array(bytes);
      const counter = new Uint8Array(BLOCK);
      counter.set(nonce);
      new DataView(counter.buffer).setUint32(BLOCK - 4, offset / BLOCK + 2);
      return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 32 }, await imported, copy));
    },
  };
}
