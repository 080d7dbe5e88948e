/** Blocks behind damage, as `msl verify --salvage` tells of them. */
import type { Capture } from "@memslice/msl";
import { inTurns } from "../turns.js";

export interface SalvagedBlocks {
  readonly blocks: number;
  /** Where the first one lies, in bytes from the start of the file, or of an encrypted capture's decrypted stream; null without any. */
  readonly firstOffset: number | null;
}

export async function salvagedBlocks({ blocks }: Capture, signal: AbortSignal): Promise<SalvagedBlocks> {
  let number = 0;
  let firstOffset: number | null = null;
  for await (const { salvaged, offset } of inTurns(blocks, signal)) {
    if (!salvaged) continue;
    number++;
    firstOffset ??= offset;
  }
  return { blocks: number, firstOffset };
}

export function salvagedSentence({ blocks, firstOffset }: SalvagedBlocks): string {
  if (firstOffset === null) return "Behind damage: no further blocks";
  return `Behind damage: ${blocks} ${blocks === 1 ? "block" : "blocks"}, from offset ${firstOffset} on; no chain reaches them, and they are not verified`;
}
