/** Search for patterns in memory. */
import { PatternSearch, ScanCore } from "@memslice/core-wasm/scan";
import { MslError } from "@memslice/msl";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import { piecesOf } from "../windows.js";
import type { BytePattern } from "./pattern.js";

export interface SearchOptions {
  /** The first address, and the address behind the last one. Default: the whole address space. Matches lie between them. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most matches. Default: no limit. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface Match {
  readonly address: bigint;
  /** Index of the pattern that matches. */
  readonly pattern: number;
  /** Bytes that match. */
  readonly length: number;
}

/** Matches in batches, in the order of their addresses; at one address in the order of the patterns. */
export interface Search extends AsyncIterable<readonly Match[]> {
  /** How much of memory was searched. Throws `usage` before the search has ended. */
  readonly coverage: Coverage;
}

/** Searches memory for patterns. No match lies across a hole. Throws `usage` without patterns, and what the memory throws. */
export function search(memory: Memory, patterns: readonly BytePattern[], options: SearchOptions = {}): Search {
  if (patterns.length === 0) throw new MslError("usage", "There is no pattern to search for");
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly Match[], void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal } = options;
    const core = new ScanCore();
    const searches = patterns.map((pattern) => new PatternSearch(core, pattern));
    const overlap = Math.max(...patterns.map(({ values }) => values.length)) - 1;
    const count = new CoverageCount();
    let found = 0;
    try {
      for await (const piece of piecesOf(memory, core, { overlap, from, to, coverage: count, ...(signal && { signal }) })) {
        const matches: Match[] = [];
        for (const [pattern, kernel] of searches.entries()) {
          for (const batch of kernel.offsets(piece.window, piece.length, piece.offset)) {
            for (const offset of batch) {
              // A match inside the repeated bytes was found in the piece before.
              if (offset + kernel.length <= piece.repeated) continue;
              matches.push({ address: piece.address + BigInt(offset), pattern, length: kernel.length });
            }
          }
        }
        if (searches.length > 1) matches.sort(byAddress);
        const taken = matches.slice(0, limit - found);
        found += taken.length;
        if (taken.length > 0) yield taken;
        if (found >= limit) return;
      }
    } finally {
      for (const kernel of searches) kernel.release();
      coverage = await count.end(memory, from, to, signal);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage of a search is known when the search has ended");
    },
  };
}

function byAddress(a: Match, b: Match): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : a.pattern - b.pattern;
}
