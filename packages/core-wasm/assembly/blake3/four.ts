/**
 * Four inputs of the same length at once, one in each lane of the vectors.
 *
 * Layout: the state is that of `compressFour` in the generated kernels.
 * Source: BLAKE3 paper, sections 2.2 and 5.3.
 */
import { compressFour, FOUR_COUNTER_HIGHS, FOUR_COUNTER_LOWS, storeFour } from "../generated/blake3-lanes";
import { BLOCK_BYTES, HASH_BYTES, IV_0, IV_1, IV_2, IV_3, IV_4, IV_5, IV_6, IV_7 } from "./constants";

/** A 1 in the byte of each lane. */
export const EACH_LANE: u32 = 0x01010101;
/** A whole block in every lane. */
export const WHOLE_BLOCKS: u32 = BLOCK_BYTES * EACH_LANE;

/**
 * Chaining values of four inputs of `blocks` blocks each. An input begins `stride` bytes after the one before it. `counterStep` is 1 for chunks,
 * 0 for parents. `output` may be `input` if there is one block. `state` has room for FOUR_STATE_BYTES.
 */
export function hashFour(
  input: usize,
  stride: usize,
  blocks: u32,
  counter: u64,
  counterStep: u32,
  firstFlags: u32,
  lastFlags: u32,
  output: usize,
  state: usize,
): void {
  v128.store(state, i32x4.splat(IV_0));
  v128.store(state, i32x4.splat(IV_1), 16);
  v128.store(state, i32x4.splat(IV_2), 32);
  v128.store(state, i32x4.splat(IV_3), 48);
  v128.store(state, i32x4.splat(IV_4), 64);
  v128.store(state, i32x4.splat(IV_5), 80);
  v128.store(state, i32x4.splat(IV_6), 96);
  v128.store(state, i32x4.splat(IV_7), 112);
  // The counter has 64 bits in two words: a low word that wraps around carries one.
  const firstLows = i32x4.splat(<i32>counter);
  const lows = i32x4.add(firstLows, i32x4.mul(i32x4.splat(counterStep), i32x4(0, 1, 2, 3)));
  v128.store(state, lows, FOUR_COUNTER_LOWS);
  v128.store(state, i32x4.sub(i32x4.splat(<i32>(counter >> 32)), v128.lt<u32>(lows, firstLows)), FOUR_COUNTER_HIGHS);
  compressFour(
    input,
    input + stride,
    input + 2 * stride,
    input + 3 * stride,
    blocks,
    WHOLE_BLOCKS,
    firstFlags * EACH_LANE,
    lastFlags,
    state,
  );
  storeFour(state, output, output + HASH_BYTES, output + 2 * HASH_BYTES, output + 3 * HASH_BYTES);
}
