/**
 * What a file that was cut off has of its segments. One rule for all formats: a page of which the dump had more bytes than the file has is failed, also where the file has a part of it.
 * Nobody knows the other bytes, and zeros would look captured. (Where the dump itself has a part of a page only, the rest is zeros.)
 */
import type { DumpNotes } from "./dump-notes.js";

/** Takes what the file has of each segment, and counts what it lacks. */
export class CutBytes {
  #segments = 0;
  #lacking = 0n;
  #leftOut = 0n;

  /** The bytes at the start of a segment that are imported: `there`, or of a segment that is cut off those in whole pages. `wanted`: bytes that the dump says it has of the segment. */
  take(there: bigint, wanted: bigint, pageSize: number): bigint {
    if (there >= wanted) return wanted;
    const partial = there % BigInt(pageSize);
    this.#segments++;
    this.#lacking += wanted - there + partial;
    this.#leftOut += partial;
    return there - partial;
  }

  /** `dump` and `segments`: what the format calls them, such as `core` and `segments`. */
  tell(notes: DumpNotes, dump: string, segments: string): void {
    if (this.#segments === 0) return;
    const has = this.#leftOut > 0n ? `; of these the ${dump} has ${this.#leftOut} bytes, parts of pages, which are left out` : "";
    notes.damage(
      `the ${dump} lacks the end of ${this.#segments} of its ${segments}: ${this.#lacking} bytes are failed pages${has}`,
    );
  }
}
