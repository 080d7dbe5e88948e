import type { LintId } from "./catalogue.js";

/** One place where a capture departs from the specification. Nothing the reader tolerates goes unreported. */
export interface Deviation {
  readonly id: LintId;
  /** What was found and what was expected, as a sentence. */
  readonly message: string;
  /** Bytes from the start of the file; inside a compressed or encrypted block, from the start of its decoded payload. */
  readonly offset: number;
  readonly block?: number;
  readonly field?: string;
  /** The bytes concerned where the decoded value cannot show them (ill-formed text). */
  readonly bytes?: Uint8Array;
}

/** Takes a deviation; offsets count from the start of what is being decoded. */
export type Report = (deviation: Omit<Deviation, "block">) => void;
