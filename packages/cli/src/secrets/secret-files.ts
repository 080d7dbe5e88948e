/** Files that contain a secret. One line break at the end of a text is not part of the secret. No message repeats content of a file. */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { type KeyMaterial, MslError } from "@memslice/msl";
import { meansStandardInput, takeStandardInput } from "../streams/standard-input.js";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const KEY_SIZES: ReadonlySet<number> = new Set([32]);
/** Bytes of private keys: X25519, ML-KEM-768, X25519 with ML-KEM-768, ML-KEM-1024. */
const PRIVATE_KEY_SIZES: ReadonlySet<number> = new Set([32, 2400, 2432, 3168]);

export async function passphraseFile(path: string): Promise<{ passphrase: Uint8Array }> {
  return { passphrase: withoutLineBreak(await secretBytes(path)) };
}

export async function keyFile(path: string): Promise<{ key: Uint8Array }> {
  return { key: keyBytes(path, await secretBytes(path), KEY_SIZES) };
}

export async function privateKeyFile(path: string): Promise<KeyMaterial> {
  return { privateKey: keyBytes(path, await secretBytes(path), PRIVATE_KEY_SIZES) };
}

/** `sizes`: the lengths in bytes that a public key may have. */
export async function publicKeyFile(path: string, sizes: ReadonlySet<number>): Promise<Uint8Array> {
  return keyBytes(path, await secretBytes(path), sizes);
}

/** The bytes of a key that is stored as bytes or as hexadecimal digits. */
function keyBytes(path: string, stored: Uint8Array, sizes: ReadonlySet<number>): Uint8Array {
  if (sizes.has(stored.length)) return stored;
  const digits = withoutLineBreak(stored);
  const text = String.fromCharCode(...digits);
  if (!sizes.has(digits.length / 2) || !/^[0-9a-f]*$/i.test(text)) {
    const expected = [...sizes].join(", ").replace(/, (\d+)$/, " or $1");
    throw new MslError("bad-key", `${path} holds no key: expected ${expected} bytes, or twice as many hexadecimal digits`);
  }
  stored.fill(0);
  return new Uint8Array(Buffer.from(text, "hex"));
}

function withoutLineBreak(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== LINE_FEED) return bytes;
  return bytes.subarray(0, bytes.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}

async function secretBytes(path: string): Promise<Uint8Array> {
  const input = (await meansStandardInput(path)) ? takeStandardInput("a secret") : undefined;
  try {
    return new Uint8Array(await (input ? buffer(input) : readFile(path)));
  } catch (cause) {
    throw new MslError("source", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
