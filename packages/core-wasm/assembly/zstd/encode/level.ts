/** Levels of the Zstandard encoder, and the sizes of window and hash tables that follow from level and length. */
import { tableLog } from "../../codec/match-search";

/** src/zstd.ts names the levels in this order, which a test compares. */
export const enum Level {
  Fast,
  Default,
}

const LEAST_TABLE_LOG: u32 = 8;

/** The most bytes that a match may reach back. A smaller window stays closer at hand for encoder and decoder. */
export function windowSizeOf(level: Level): u32 {
  return level === Level.Fast ? 1 << 20 : 1 << 22;
}

/** log2 of the number of slots of the table of short beginnings of matches. */
export function shortTableLog(level: Level, length: u32): u32 {
  return tableLog(length, LEAST_TABLE_LOG, level === Level.Fast ? 15 : 16);
}

/** log2 of the number of slots of the table of long beginnings; 0 where the level has no such table. */
export function longTableLog(level: Level, length: u32): u32 {
  return level === Level.Fast ? 0 : tableLog(length, LEAST_TABLE_LOG, 17);
}
