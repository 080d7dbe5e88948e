/**
 * Scalar BLAKE3 as the paper describes it (section 2): one 32-bit word at a time, one compression after the other. The oracle for chaining
 * values, which libraries do not return.
 */
const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const ROUNDS = 7;
const BLOCK_BYTES = 64;
const CHUNK_BYTES = 1024;

const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

/** The 32-byte digest of a message. */
export function referenceBlake3(message: Uint8Array): Uint8Array {
  return toBytes(subtree(message, 0n, ROOT));
}

/** The 32-byte chaining value of the subtree over `bytes`, whose first chunk has the number `firstChunk` in its message. */
export function referenceChainingValue(bytes: Uint8Array, firstChunk: bigint): Uint8Array {
  return toBytes(subtree(bytes, firstChunk, 0));
}

/** Section 2.1: the left subtree is the largest complete tree that leaves at least one byte for the right subtree. */
function subtree(bytes: Uint8Array, firstChunk: bigint, root: number): number[] {
  if (bytes.length <= CHUNK_BYTES) return chunk(bytes, firstChunk, root);
  let leftChunks = 1;
  while (2 * leftChunks * CHUNK_BYTES < bytes.length) leftChunks *= 2;
  const left = subtree(bytes.subarray(0, leftChunks * CHUNK_BYTES), firstChunk, 0);
  const right = subtree(bytes.subarray(leftChunks * CHUNK_BYTES), firstChunk + BigInt(leftChunks), 0);
  return compress(IV, [...left, ...right], 0n, BLOCK_BYTES, PARENT | root);
}

/** Section 2.4: the blocks of a chunk are chained; the first and the last one are marked. */
function chunk(bytes: Uint8Array, counter: bigint, root: number): number[] {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  let chaining = IV;
  for (let i = 0; i < blocks; i++) {
    const block = bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
    const flags = (i === 0 ? CHUNK_START : 0) | (i === blocks - 1 ? CHUNK_END | root : 0);
    chaining = compress(chaining, toWords(block), counter, block.length, flags);
  }
  return chaining;
}

/** Section 2.2, cut to the first eight words of its result. */
function compress(chaining: number[], block: number[], counter: bigint, length: number, flags: number): number[] {
  const low = Number(counter & 0xffffffffn);
  const high = Number(counter >> 32n);
  const state = Uint32Array.from([...chaining, ...IV.slice(0, 4), low, high, length, flags]);
  let message = block;
  for (let i = 0; i < ROUNDS; i++) {
    round(state, message);
    message = PERMUTATION.map((from) => at(message, from));
  }
  return chaining.map((_, i) => (at(state, i) ^ at(state, i + 8)) >>> 0);
}

function round(state: Uint32Array, m: number[]): void {
  mix(state, 0, 4, 8, 12, at(m, 0), at(m, 1));
  mix(state, 1, 5, 9, 13, at(m, 2), at(m, 3));
  mix(state, 2, 6, 10, 14, at(m, 4), at(m, 5));
  mix(state, 3, 7, 11, 15, at(m, 6), at(m, 7));
  mix(state, 0, 5, 10, 15, at(m, 8), at(m, 9));
  mix(state, 1, 6, 11, 12, at(m, 10), at(m, 11));
  mix(state, 2, 7, 8, 13, at(m, 12), at(m, 13));
  mix(state, 3, 4, 9, 14, at(m, 14), at(m, 15));
}

function mix(state: Uint32Array, a: number, b: number, c: number, d: number, x: number, y: number): void {
  state[a] = at(state, a) + at(state, b) + x;
  state[d] = rotateRight(at(state, d) ^ at(state, a), 16);
  state[c] = at(state, c) + at(state, d);
  state[b] = rotateRight(at(state, b) ^ at(state, c), 12);
  state[a] = at(state, a) + at(state, b) + y;
  state[d] = rotateRight(at(state, d) ^ at(state, a), 8);
  state[c] = at(state, c) + at(state, d);
  state[b] = rotateRight(at(state, b) ^ at(state, c), 7);
}

function rotateRight(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function at(words: ArrayLike<number>, index: number): number {
  const word = words[index];
  if (word === undefined) throw new RangeError(`no word ${index}`);
  return word;
}

/** Little-endian words of a block, filled up with zeros. */
function toWords(block: Uint8Array): number[] {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(block);
  const view = new DataView(padded.buffer);
  return Array.from({ length: BLOCK_BYTES / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function toBytes(words: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  return bytes;
}
