/** Child process of BlakeHashProcess: hashes each message with @napi-rs/blake-hash and returns the digests. */

import type { EqualMessages } from "../peers/blake-hash-process.js";
import { blakeHash } from "../peers/blake3.js";
import { servePeer } from "../peers/peer-process.js";

servePeer(({ bytes, length }: EqualMessages) => {
  const messages = Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
  const run = () => messages.map((message) => blakeHash.digest(message));
  return { run, bytes: () => Buffer.concat(run()) };
});
