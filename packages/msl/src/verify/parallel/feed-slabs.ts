/** Brings the bytes of a source to threads that cannot read it themselves: bytes in memory, Blobs, files in Deno. */
import type { SlabChain } from "@memslice/core-wasm";
import { pause } from "#pause";
import { readInto, type Source } from "../../source/source.js";
import type { BlockCensus } from "../block-census.js";
import type { ThreadTeam } from "./thread-team.js";

/** Fills window after window, each as soon as it is free; `census` looks at each before it is handed over. */
export async function feedSlabs(
  chain: SlabChain,
  team: ThreadTeam,
  source: Source,
  census: BlockCensus,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { slabs, windowCount } = chain.job;
  for (let slab = 0; slab < slabs; slab++) {
    // Bytes in memory are there at once: the event loop gets its turn here.
    await pause();
    while (chain.slabsDone <= slab - windowCount) await team.slab();
    const { offset, target } = chain.window(slab);
    await readInto(source, offset, target, signal);
    census.take(target, offset);
    chain.feed();
  }
}
