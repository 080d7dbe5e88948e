/**
 * States of ChaCha20 (RFC 8439, 2.3): the constant, the key, the counter and the nonce in 64 bytes. Programs keep a state as 16 words, which
 * compilers place at multiples of 4; the option `everyByte` finds others, too.
 *
 * A state with a key of 16 bytes has this key twice, which proves it. Nothing in a state with a key of 32 bytes depends on the key, so that such a state
 * is known by its layout only: the constant stands in libraries as well. A state is refused if two words of the key are equal, if a word is 0 or
 * has all bits set, or if the key is text: one random key in 10^6 is refused, too.
 */
import { isEqual } from "./der.js";
import type { ParsedKey } from "./parsed-key.js";

export const STATE_BYTES = 64;
export const STATE_CONSTANTS = ["expand 32-byte k", "expand 16-byte k"] as const;

const KEY_START = 16;
const KEY_END = 48;
/** The place in the constant where the size of the key stands. */
const SIZE_DIGIT = 7;
/** Bytes of text that no key of 32 bytes is taken to have in sequence. */
const TEXT_BYTES = 16;

/** The key of the state in 64 bytes that begin with one of the constants. */
export function stateKeyIn(state: Uint8Array): ParsedKey | undefined {
  const key = state.subarray(KEY_START, KEY_END);
  // Most states of hostile memory and of text in libraries end here.
  const isShort = state[SIZE_DIGIT] === "1".charCodeAt(0);
  if (isShort ? !isEqual(key.subarray(0, 16), key.subarray(16)) : hasText(key)) return undefined;
  const words = new Set<number>();
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  for (let at = 0; at < key.length; at += 4) words.add(view.getUint32(at));
  if (words.has(0) || words.has(0xffffffff) || words.size !== (isShort ? 4 : 8)) return undefined;
  return isShort
    ? { kind: "chacha20", secret: key.slice(0, 16), isProven: true }
    : { kind: "chacha20", secret: key.slice(), isProven: false };
}

function hasText(key: Uint8Array): boolean {
  let run = 0;
  for (const byte of key) {
    run = byte >= 0x20 && byte < 0x7f ? run + 1 : 0;
    if (run === TEXT_BYTES) return true;
  }
  return false;
}
