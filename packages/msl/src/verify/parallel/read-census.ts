/** The census of a file that threads read: its block headers are read beside them, in windows; payloads between them are not. */
import { WalkWindow } from "../../read/walk-window.js";
import { WindowReader } from "../../read/window-reader.js";
import type { Source } from "../../source/source.js";
import type { BlockCensus } from "../block-census.js";

export async function readCensus(census: BlockCensus, source: Source, signal: AbortSignal): Promise<void> {
  const window = new WalkWindow(source.metered ?? false);
  const reader = new WindowReader(source);
  while (census.walking && census.next < source.size && !signal.aborted) {
    const start = census.next;
    const before = census.blocks;
    census.take(await reader.read(start, window.length, signal), start);
    window.found(census.blocks - before, census.next - start);
  }
}
