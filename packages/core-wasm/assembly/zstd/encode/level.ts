/** Effort of the Zstandard encoder, and what follows from it for an input of some length. */
import { tableLog } from "../../codec/match-search";

export const enum Level {
  Fast,
  Default,
}

const LEAST_TABLE_LOG: u32 = 8;

/** Bytes that matches may reach back: fewer are kept closer at hand by encoder and decoder. */
export function windowSizeOf(level: Level): u32 {
  return level === Level.Fast ? 1 << 20 : 1 << 22;
}

export function shortTableLog(level: Level, length: u32): u32 {
  return tableLog(length, LEAST_TABLE_LOG, level === Level.Fast ? 15 : 16);
}

/** 0 where the level has no such table. */
export function longTableLog(level: Level, length: u32): u32 {
  return level === Level.Fast ? 0 : tableLog(length, LEAST_TABLE_LOG, 17);
}
