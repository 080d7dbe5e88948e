/** Who writes captures how. A label informs; what bytes mean is decided block by block, so a mislabelled capture still reads correctly. */

/** Whose codes and layouts to assume where bytes alone leave a choice. */
export type Producer = "memslicer" | "memdiver";

interface DialectEntry {
  readonly name: string;
  /** Present where the label is sure enough to decide between readings. */
  readonly producer?: Producer;
}

export const DIALECTS = {
  D1: { name: "specification 1.1" },
  D2: { name: "draft 2026-03-19" },
  D3: { name: "draft 2026-03-15" },
  D4: { name: "draft 2026-03-14" },
  D5: { name: "MSL 0.1 (libmsl, memslicer 0.1)" },
  D6: { name: "memslicer 0.2.1 to 0.2.3" },
  D7: { name: "memslicer 0.2.4 or later", producer: "memslicer" },
  D8: { name: "memslicer 0.2.7 or later", producer: "memslicer" },
  "D6-D8": { name: "memslicer 0.2" },
  D10: { name: "MemDiver 0.5.1 era", producer: "memdiver" },
  D11: { name: "MemDiver 0.5.6 era", producer: "memdiver" },
  D12: { name: "MemDiver since 2026-05-21", producer: "memdiver" },
  D13: { name: "MemDiver test fixture", producer: "memdiver" },
  D14: { name: "MSL 0.1 with edited version bytes" },
  D15: { name: "reverseame/memslicer, the fork, since 2026-06-22", producer: "memslicer" },
  D16: { name: "radare2 dgm" },
  unknown: { name: "unknown" },
} as const satisfies Record<string, DialectEntry>;

export type DialectId = keyof typeof DIALECTS;

export interface Dialect {
  readonly id: DialectId;
  readonly name: string;
  /** Whether memslicer's enrichment tool replaced the end of the capture (D9): a manifest and an End-of-Capture that match no hash. */
  readonly enriched: boolean;
}

/** Whether Key Hints count RegionOffset from BaseAddr, not in page data. */
export function countsFromBase({ id }: Dialect): boolean {
  return id === "D15";
}

export function producerOf({ id }: Dialect): Producer | undefined {
  const entry: DialectEntry = DIALECTS[id];
  return entry.producer;
}

/**
 * What is known of who wrote a capture, for the payloads whose bytes leave a choice. Each is undefined while that is not known: a stream
 * sees evidence when it comes.
 */
export interface Authorship {
  /** Whether the capture has marks of memslicer since 0.2.4 or of its fork. They decide what an empty 0x0055 is. */
  readonly marked?: boolean | undefined;
  /** Whether the marks or the label say memslicer. Decides between layouts of a System Context that fits neither. */
  readonly memslicer?: boolean | undefined;
  /** Whether the label says MemDiver. Decides about the meaning of handle types. */
  readonly memdiver?: boolean | undefined;
}
