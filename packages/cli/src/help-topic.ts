/** A page of help that is about no single command: `msl help NAME`. */
import type { Detail, Row } from "./terminal/columns.js";

export interface HelpTopic {
  readonly name: string;
  /** One line, without a full stop, for the list in `msl help`. */
  readonly summary: string;
  readonly usage: string;
  readonly details: readonly Detail[];
  /** Whole command lines, each with a sentence that says its effect. */
  readonly examples: readonly Row[];
}
