/** Checks the tag of an encrypted capture without a KEM with node:crypto, and does no other work. */
import { createDecipheriv } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type CipherName, nativeKey } from "../workloads/encrypted-capture.js";

const HEADER_BYTES = 128;
const TAG_BYTES = 16;
const SLAB_BYTES = 1024 * 1024;
/** Longer pieces are slower: their output needs newly allocated memory each time. */
const PIECE_BYTES = 64 * 1024;

/** Reads one slab of a megabyte ahead. Throws if the tag does not match. */
export async function authenticateSlabs(path: string, cipher: CipherName): Promise<true> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (position: number, length: number) => {
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, position);
      if (bytesRead !== length) throw new Error("The file became shorter");
      return buffer;
    };
    const decipher = decipherOf(cipher, await read(0, HEADER_BYTES));
    const end = size - TAG_BYTES;
    const slab = (at: number) => read(at, Math.max(0, Math.min(SLAB_BYTES, end - at)));
    let next = slab(HEADER_BYTES);
    for (let at = HEADER_BYTES; at < end; ) {
      const bytes = await next;
      at += bytes.length;
      next = slab(at);
      for (let from = 0; from < bytes.length; from += PIECE_BYTES) decipher.update(bytes.subarray(from, from + PIECE_BYTES));
    }
    await next;
    decipher.setAuthTag(await read(end, TAG_BYTES));
    decipher.final();
    return true;
  } finally {
    await file.close();
  }
}

/** The way shown in the documentation of Node: a stream in chunks of 64 KiB. */
export async function authenticateStream(path: string, cipher: CipherName): Promise<true> {
  const file = await open(path);
  const { size } = await file.stat();
  const header = new Uint8Array(HEADER_BYTES);
  const tag = new Uint8Array(TAG_BYTES);
  await file.read(header, 0, HEADER_BYTES, 0);
  await file.read(tag, 0, TAG_BYTES, size - TAG_BYTES);
  await file.close();
  const decipher = decipherOf(cipher, header);
  for await (const chunk of createReadStream(path, { start: HEADER_BYTES, end: size - TAG_BYTES - 1 })) decipher.update(chunk);
  decipher.setAuthTag(tag);
  decipher.final();
  return true;
}

function decipherOf(cipher: CipherName, header: Uint8Array) {
  const { name, key, nonce } = nativeKey(cipher);
  const options = { authTagLength: TAG_BYTES } as const;
  const decipher =
    name === "aes-256-gcm" ? createDecipheriv(name, key, nonce, options) : createDecipheriv(name, key, nonce, options);
  decipher.setAAD(header, { plaintextLength: 0 });
  return decipher;
}
