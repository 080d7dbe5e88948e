/** Encrypted captures whose tag does not match. */
import { flipBit } from "./defect.js";

export interface SealedDefect {
  readonly name: string;
  readonly about: string;
  /** Returns the damaged bytes for the sound ones. */
  damage(sealed: Uint8Array): Uint8Array;
}

const PID_AT = 0x34;
const NONCE_AT = 0x50;
const HEADER_BYTES = 128;

export const UNAUTHENTIC_CAPTURES: readonly SealedDefect[] = [
  { name: "x-enc-tag", about: "one bit of the tag is flipped", damage: (sealed) => flipped(sealed, sealed.length - 1) },
  {
    name: "x-enc-ciphertext",
    about: "one bit of the ciphertext is flipped",
    damage: (sealed) => flipped(sealed, HEADER_BYTES + 5000),
  },
  {
    name: "x-enc-header",
    about: "one bit of the readable header is flipped, which the tag covers",
    damage: (sealed) => flipped(sealed, PID_AT),
  },
  { name: "x-enc-nonce", about: "one bit of the nonce is flipped", damage: (sealed) => flipped(sealed, NONCE_AT) },
  {
    name: "x-enc-cut-header",
    about: "nothing follows the file header",
    damage: (sealed) => sealed.slice(0, HEADER_BYTES),
  },
  { name: "x-enc-cut", about: "the last 100 bytes are missing", damage: (sealed) => sealed.slice(0, sealed.length - 100) },
];

function flipped(sealed: Uint8Array, at: number): Uint8Array {
  const bytes = sealed.slice();
  flipBit(bytes, at);
  return bytes;
}
