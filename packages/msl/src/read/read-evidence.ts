/** The bytes by which a capture's writer is told, fetched from an indexed source. */
import { countOfEvidence, type Evidence, peekedBlocks } from "../format/dialects/evidence.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { type BlockIndex, blocksOfWriter } from "./block-index.js";
import type { Head } from "./read-head.js";

export async function readEvidence(
  source: Source,
  { header, headerBytes }: Head,
  index: BlockIndex,
  signal: AbortSignal | undefined,
): Promise<Evidence> {
  const { dataEnd } = index.end;
  const { records, eocIndex } = blocksOfWriter(index);
  const peeked = new Map<number, Uint8Array>();
  for (const [position, bytes] of await runInSlices(peekedBlocks(header, records, eocIndex), signal)) {
    const offset = records.offset(position);
    peeked.set(position, await source.read(offset, Math.min(bytes, dataEnd - offset), signal));
  }
  return { header, headerBytes, records, eocIndex, count: countOfEvidence(records, eocIndex), peeked };
}
