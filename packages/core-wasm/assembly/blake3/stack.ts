/**
 * Stack of the chaining values of finished subtrees, the largest first. Two subtrees of one size are merged into their parent only when another
 * subtree is pushed, because the last parent of a message is its root.
 *
 * Layout: context.ts.
 * Invariant: after `total` subtrees of one size ("units") there is one entry per set bit of `total`, and one more where the last entries are
 * not yet merged.
 * Source: BLAKE3 paper, section 5.1.2.
 */
import { HASH_BYTES, ROOT } from "./constants";
import { CHILDREN, STACK_VALUES } from "./context";
import { hashParent } from "./chunks";

export function clearStack(stack: usize): void {
  store<u32>(stack, 0);
}

export function stackEntries(stack: usize): u32 {
  return load<u32>(stack);
}

/** Address of an entry. Entry 0 was pushed first. */
export function stackEntry(stack: usize, index: u32): usize {
  return stack + STACK_VALUES + index * HASH_BYTES;
}

/** Merges the entries of `total` units down to one per set bit of `total`. */
export function mergeStack(stack: usize, total: u64): void {
  const merged = <u32>popcnt<u64>(total);
  let entries = stackEntries(stack);
  for (; entries > merged; entries--) {
    const children = stackEntry(stack, entries - 2);
    hashParent(children, 0, children);
  }
  store<u32>(stack, entries);
}

/** Pushes the chaining value of the subtree that follows `total` units. */
export function pushOnStack(stack: usize, chainingValue: usize, total: u64): void {
  mergeStack(stack, total);
  const entries = stackEntries(stack);
  copyHash(stackEntry(stack, entries), chainingValue);
  store<u32>(stack, entries + 1);
}

/**
 * Digest of the message whose subtrees are the first `entries` (at least one) of the stack and the chaining value at `context` +
 * CHILDREN + HASH_BYTES, which is overwritten. The stack stays as it is.
 */
export function hashStack(context: usize, stack: usize, entries: u32, output: usize): void {
  const children = context + CHILDREN;
  for (let left = entries - 1; left > 0; left--) {
    copyHash(children, stackEntry(stack, left));
    hashParent(children, 0, children + HASH_BYTES);
  }
  copyHash(children, stackEntry(stack, 0));
  hashParent(children, ROOT, output);
}

/** Copies one chaining value. */
export function copyHash(target: usize, source: usize): void {
  const low = v128.load(source);
  const high = v128.load(source, 16);
  v128.store(target, low);
  v128.store(target, high, 16);
}
