/** Where a writer stands: at the start of a capture, or behind the blocks of one that is resumed. */
import { decodeFileHeader, type FileHeader } from "../format/file-header.js";
import type { HashAlgoCode } from "../hash/hash-algorithm.js";
import { AnnouncedModules } from "./announced-modules.js";
import { newUuid, now } from "./defaults.js";
import { HashLinks } from "./hash-links.js";
import { headerBytes } from "./header-bytes.js";
import type { WriterOptions } from "./options.js";
import { Plan } from "./plan.js";
import { redactsAnything } from "./redaction.js";
import { WrittenReferences } from "./references.js";

export interface WriterState {
  readonly header: FileHeader;
  /** To be written with the first block; undefined if it is there already. */
  readonly headerBytes: Uint8Array | undefined;
  /** Where the next byte goes. */
  readonly offset: number;
  readonly links: HashLinks;
  readonly plan: Plan;
  readonly references: WrittenReferences;
  readonly modules: AnnouncedModules;
  /** UUIDs of the blocks that are parents by their types: Module List Index, System Context. */
  readonly parents: Map<number, string>;
}

/** Throws `plan`, `bad-value`, `unsupported-hash`, `usage` for options that no capture can come of. */
export function newCapture(options: WriterOptions): WriterState {
  const {
    header: given,
    contents,
    blockCount = 0,
    nonConforming = false,
    redact = {},
    uuid = newUuid,
    timestamp = now,
  } = options;
  const { imported = false, investigation = false } = given;
  const plan = new Plan({ imported, investigation, contents, blockCount, nonConforming });
  const bytes = headerBytes(given, {
    dumpUuid: given.dumpUuid ?? uuid(),
    timestampNs: given.timestampNs ?? (imported ? 0n : timestamp()),
    capBitmap: plan.capBitmap,
    blockCount: plan.blockCount,
    redacted: redactsAnything(redact) || (given.redacted ?? false),
  });
  const header = decodeFileHeader(bytes, () => {});
  return {
    header,
    headerBytes: bytes,
    offset: 0,
    links: new HashLinks(header.hashAlgo as HashAlgoCode, bytes),
    plan,
    references: new WrittenReferences(),
    modules: new AnnouncedModules(),
    parents: new Map(),
  };
}
