/** What decides how payloads go over. */
import type { Redaction } from "../write/table-payload.js";

export interface PayloadRules {
  /** Whether the output hashes with another algorithm than the source. */
  readonly rehashed: boolean;
  /** Whether MemDiver's meanings hold for codes that it reads in its own way. */
  readonly memdiver: boolean;
  readonly redact: Redaction;
  /** The UUID that a region has in the output. */
  readonly regionUuid: (uuid: string) => string;
}
