/**
 * What speaks for a block that was found by searching behind damage. Captured memory may hold whole blocks, even whole captures with a hash
 * chain of their own, so that only the first of these cannot be made by the process that was captured.
 */

/**
 * The strongest first. `chain`: hashes tie the block to the blocks before the damage. `neighbour`: hashes tie it to another block that was
 * found. `framing`: block after block leads from it to the end of the data. `header`: its header is plausible, and nothing else is known.
 */
export const SALVAGE_EVIDENCE = ["chain", "neighbour", "framing", "header"] as const;
export type SalvageEvidence = (typeof SALVAGE_EVIDENCE)[number];

/** How far a block is believed where blocks contradict each other: higher for more. `null` stands for a block that was not searched for. */
export function trustOf(evidence: SalvageEvidence | null): number {
  return evidence === null ? SALVAGE_EVIDENCE.length : SALVAGE_EVIDENCE.length - 1 - SALVAGE_EVIDENCE.indexOf(evidence);
}
