/**
 * The dialects: the ways in which programs write captures. The meaning of bytes is decided block by block, so that a capture whose dialect was
 * detected wrongly is still read correctly.
 */
import type { FileHeader } from "../file-header.js";

/** Whose codes and layouts to assume where bytes alone leave a choice. */
export type Producer = "memslicer" | "memdiver";

interface DialectEntry {
  /** Number of the dialect in docs/dialects.md. */
  readonly number?: string;
  readonly name: string;
  /** Present where the dialect is certain enough to decide how ambiguous bytes are read. */
  readonly producer?: Producer;
}

/** The dialects by id. D9 is missing: it is a change to the end of a capture of another dialect (`Dialect.enriched`). */
export const DIALECTS = {
  "specification-1.1": { number: "D1", name: "specification 1.1" },
  "draft-2026-03-19": { number: "D2", name: "draft 2026-03-19" },
  "draft-2026-03-15": { number: "D3", name: "draft 2026-03-15" },
  "draft-2026-03-14": { number: "D4", name: "draft 2026-03-14" },
  "msl-0.1": { number: "D5", name: "MSL 0.1 (libmsl, memslicer 0.1)" },
  "memslicer-0.2.1": { number: "D6", name: "memslicer 0.2.1 to 0.2.3" },
  "memslicer-0.2.4": { number: "D7", name: "memslicer 0.2.4 or later", producer: "memslicer" },
  "memslicer-0.2.7": { number: "D8", name: "memslicer 0.2.7 or later", producer: "memslicer" },
  "memslicer-0.2": { number: "D6 to D8", name: "memslicer 0.2" },
  "memdiver-0.5.1": { number: "D10", name: "MemDiver 0.5.1 era", producer: "memdiver" },
  "memdiver-0.5.6": { number: "D11", name: "MemDiver 0.5.6 era", producer: "memdiver" },
  "memdiver-2026-05-21": { number: "D12", name: "MemDiver since 2026-05-21", producer: "memdiver" },
  "memdiver-fixture": { number: "D13", name: "MemDiver test fixture", producer: "memdiver" },
  "msl-0.1-edited": { number: "D14", name: "MSL 0.1 with edited version bytes" },
  reverseame: { number: "D15", name: "reverseame/memslicer, the fork, since 2026-06-22", producer: "memslicer" },
  "radare2-dgm": { number: "D16", name: "radare2 dgm" },
  unknown: { name: "unknown" },
} as const satisfies Record<string, DialectEntry>;

/** The name of a dialect for programs; docs/dialects.md describes each. */
export type DialectId = keyof typeof DIALECTS;

/** A set of details in which the programs that write captures differ, as it was recognised in one capture. */
export interface Dialect {
  /** The name for programs, such as `memslicer-0.2`. docs/dialects.md lists all ids. */
  readonly id: DialectId;
  /** The name for people, such as `memslicer 0.2`. */
  readonly name: string;
  /** Whether memslicer's enrichment tool replaced the end of the capture (D9): a manifest and an End-of-Capture that match no hash. */
  readonly enriched: boolean;
}

/** Whether Key Hints count RegionOffset from BaseAddr, not in page data. */
export function countsFromBase({ id }: Dialect): boolean {
  return id === "reverseame";
}

export function producerOf({ id }: Dialect): Producer | undefined {
  const entry: DialectEntry = DIALECTS[id];
  return entry.producer;
}

/**
 * Evidence of who wrote a capture, for payloads whose bytes can be read in two ways. A field is undefined while a stream has not passed the
 * blocks that decide it.
 */
export interface Authorship {
  /** Whether the capture has marks of memslicer since 0.2.4 or of its fork. They decide what an empty 0x0055 is. */
  readonly marked?: boolean | undefined;
  /** Whether the marks or the dialect say memslicer. Decides the layout of a System Context whose texts fit no layout. */
  readonly memslicer?: boolean | undefined;
  /** Whether the dialect is one of MemDiver. Decides what the handle types 5 to 7 mean. */
  readonly memdiver?: boolean | undefined;
}

/**
 * Whether a writer that pads payloads may have written the capture. libmsl, memslicer, its fork and radare2 fill every payload with zeros up to a
 * multiple of 8, and count the zeros in BlockLength. Where page data is short, nothing in the payload tells padding from memory.
 *
 * None of these writers writes version 1.1 together with a ClockSource or a BlockCount. The header alone decides, so that readers of streams give
 * the same answer as all others. Where the header does not exclude padding, zeros that may be padding are taken for padding: up to 7 bytes of memory
 * are then missing, and no byte is invented.
 */
export function mayPadPayloads({ versionMajor, versionMinor, clockSource, blockCount }: FileHeader): boolean {
  const isOfficial = versionMajor === 1 && versionMinor >= 1;
  return !isOfficial || (clockSource === 0 && blockCount === 0);
}
