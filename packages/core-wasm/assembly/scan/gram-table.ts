/**
 * The table of many patterns that have keys, pattern by pattern: the grams of each key, in a filter and in chains. assembly/scan/grams.ts looks into it.
 *
 * Layout: KEYED_* and LINK_* (src/layout.ts). Crowds: a byte for each head, how many links its chain has, 255 if it has more. A bit of the filter is found by
 * shifting the four bytes at an index, so that a byte has bits of the three indexes before it, too. This wastes some bits, and saves a mask.
 */
import {
  GRAM_BYTES,
  KEYED_CLASS_LOW,
  KEYED_CLASSED,
  KEYED_FILTER,
  KEYED_FILTER_BITS,
  KEYED_FOLD,
  KEYED_HEADS,
  KEYED_HEADS_BITS,
  KEYED_STRIDE,
} from "../../src/layout";
import { addLink } from "./anchor-table";
import { frequencyOf } from "./rarity";

const HASH_FACTOR: u32 = 0x9e3779b1;
/** Bits of a hash, behind those of the index, that choose one of 32 bits. */
const BIT_BITS: u32 = 5;
/** Parts of a pattern that are tried as its key, the best of which is taken. */
const MOST_KEYS_TRIED: u32 = 64;
const MOST_CROWD: u32 = 255;

@inline
export function hashOf(gram: u32): u32 {
  return gram * HASH_FACTOR;
}

/** Bit 0 is 1 if the filter may have the gram with this hash. `bits`: the filter has 2 to this power bytes. */
@inline
export function inFilter(filter: usize, bits: u32, hash: u32): u32 {
  return load<u32>(filter + <usize>(hash >> (32 - bits))) >> (hash >> (32 - bits - BIT_BITS));
}

/** The address of the head of the chain for a hash. */
@inline
export function headOf(table: usize, hash: u32): usize {
  return <usize>load<u32>(table, KEYED_HEADS) + (headIndex(table, hash) << 2);
}

@inline
function headIndex(table: usize, hash: u32): usize {
  return <usize>(hash >> (32 - load<u32>(table, KEYED_HEADS_BITS)));
}

/**
 * Where the key begins in `room` bytes that may have one, the longest of a pattern: where the fewest comparisons in vain are to be expected. Frequent
 * grams, such as zeros, lead to many, and grams that many patterns have, such as the end of a name, too.
 */
export function chooseKey(table: usize, crowds: usize, values: usize, room: u32): u32 {
  const stride = load<u32>(table, KEYED_STRIDE);
  const tried = min<u32>(room - stride - 3, MOST_KEYS_TRIED);
  let cost: u64 = 0;
  for (let place: u32 = 0; place < stride; place++) cost += costOf(table, crowds, values + place);
  let best: u32 = 0;
  let least = cost;
  for (let start: u32 = 1; start <= tried; start++) {
    cost += costOf(table, crowds, values + start + stride - 1) - costOf(table, crowds, values + start - 1);
    if (cost >= least) continue;
    least = cost;
    best = start;
  }
  return best;
}

/** How often the gram occurs in memory, times the links that its chain would have. */
@inline
function costOf(table: usize, crowds: usize, gram: usize): u64 {
  const frequency = exact(gram) * exact(gram + 1) * exact(gram + 2) * exact(gram + 3);
  return frequency * (1 + <u64>load<u8>(crowdOf(table, crowds, hashOf(load<u32>(gram) | load<u32>(table, KEYED_FOLD)))));
}

@inline
function exact(place: usize): u64 {
  return <u64>frequencyOf(load<u8>(place), 0xff);
}

@inline
function crowdOf(table: usize, crowds: usize, hash: u32): usize {
  return crowds + headIndex(table, hash);
}

/**
 * Adds the grams of the key at `key` to the table, and a link for each to the entry. `before`: bytes of its pattern before the key. Returns the address behind
 * the links.
 */
export function addKey(table: usize, crowds: usize, key: usize, link: usize, entry: usize, before: u32): usize {
  const stride = load<u32>(table, KEYED_STRIDE);
  const bits = load<u32>(table, KEYED_FILTER_BITS);
  // Links are added at the head of a chain: of a pattern that has a gram twice, the start that is lower comes first.
  for (let place: u32 = 0; place < stride; place++) {
    const gram = load<u32>(key + place) | load<u32>(table, KEYED_FOLD);
    const hash = hashOf(gram);
    const word = table + KEYED_FILTER + <usize>(hash >> (32 - bits));
    store<u32>(word, load<u32>(word) | (1 << (hash >> (32 - bits - BIT_BITS))));
    const crowd = crowdOf(table, crowds, hash);
    store<u8>(crowd, <u8>min<u32>(MOST_CROWD, <u32>load<u8>(crowd) + 1));
    link = addLink(headOf(table, hash), link, entry, before + place, gram);
  }
  for (let place: u32 = 0; place < stride + <u32>GRAM_BYTES - 1; place++) addToClass(table, load<u8>(key + place));
  return link;
}

/** Adds a byte of a key to those that keys have; without case, the byte that differs in the bit of the case, too. */
function addToClass(table: usize, byte: u32): void {
  const caseBit = load<u32>(table, KEYED_FOLD) & 0xff;
  if (byte == 0 || byte == caseBit || byte > 0x7f) store<u32>(table, 0, KEYED_CLASSED);
  else {
    addByte(table, byte);
    addByte(table, byte ^ caseBit);
  }
}

@inline
function addByte(table: usize, byte: u32): void {
  const place = table + <usize>(byte & 15);
  store<u8>(place, <u8>(<u32>load<u8>(place, KEYED_CLASS_LOW) | (<u32>1 << (byte >> 4))), KEYED_CLASS_LOW);
}
