/** @napi-rs/blake-hash, for BlakeHashProcess: a digest of each message. */

import type { EqualMessages } from "../peers/blake-hash-process.js";
import { blakeHash } from "../peers/blake3.js";
import { servePeer } from "../peers/peer-process.js";

servePeer(({ bytes, length }: EqualMessages) => {
  const messages = Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
  const run = () => messages.map((message) => blakeHash.digest(message));
  return { run, bytes: () => Buffer.concat(run()) };
});
