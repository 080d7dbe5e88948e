/** Where a writer stands: at the start of a capture, or behind the blocks of one that is resumed. */
import { decodeFileHeader, type FileHeader } from "../format/file-header.js";
import type { HashAlgoCode } from "../hash/hash-algorithm.js";
import { AnnouncedModules } from "./announced-modules.js";
import { HashLinks, type Links, SealedLinks } from "./hash-links.js";
import { headerBytes } from "./header-bytes.js";
import type { WriterOptions } from "./options.js";
import { newUuid, now } from "./options.js";
import { Plan } from "./plan.js";
import { redactsAnything } from "./redaction.js";
import { WrittenReferences } from "./references.js";
import { type SealOrder, sealOrderOf } from "./sealed-sink.js";
import { WrittenThreads } from "./written-threads.js";

export interface WriterState {
  readonly header: FileHeader;
  /** To be written with the first block; undefined if it is there already. */
  readonly headerBytes: Uint8Array | undefined;
  /** Where the next byte goes. */
  readonly offset: number;
  readonly links: Links;
  /** How the blocks are to be encrypted; undefined for a plain capture. */
  readonly seal: SealOrder | undefined;
  readonly plan: Plan;
  readonly references: WrittenReferences;
  readonly modules: AnnouncedModules;
  readonly threads: WrittenThreads;
  /** UUIDs of the blocks that are parents by their types: Module List Index, System Context. */
  readonly parents: Map<number, string>;
}

/** ClockSource of the time that Date gives. */
const CLOCK_REALTIME = 1;

/** Whether the writer itself takes the time of the acquisition. */
function isSystemsClock({ header, timestamp }: WriterOptions): boolean {
  return header.timestampNs === undefined && timestamp === undefined && !header.imported;
}

/** Throws `plan`, `bad-value`, `unsupported-hash`, `bad-key`, `usage` for options that no capture can come of. */
export function newCapture(options: WriterOptions): WriterState {
  const {
    header: given,
    contents,
    blockCount = 0,
    nonConforming = false,
    redact = {},
    encryption,
    sealRandomness = {},
    uuid = newUuid,
    timestamp = now,
  } = options;
  const { imported = false, investigation = false } = given;
  const plan = new Plan({ imported, investigation, contents, blockCount, nonConforming });
  const seal = encryption === undefined ? undefined : sealOrderOf(encryption, sealRandomness);
  const bytes = headerBytes(given, {
    dumpUuid: given.dumpUuid ?? uuid(),
    timestampNs: given.timestampNs ?? (imported ? 0n : timestamp()),
    clockSource: given.clockSource ?? (isSystemsClock(options) ? CLOCK_REALTIME : 0),
    capBitmap: plan.capBitmap,
    // Anyone can read the header of an encrypted capture.
    blockCount: seal ? 0 : plan.blockCount,
    redacted: redactsAnything(redact) || (given.redacted ?? false),
    encrypted: seal !== undefined,
  });
  const header = decodeFileHeader(bytes, () => {});
  const hashAlgo = header.hashAlgo as HashAlgoCode;
  return {
    header,
    headerBytes: bytes,
    offset: 0,
    links: seal ? new SealedLinks(hashAlgo, options) : new HashLinks(hashAlgo, bytes, options),
    seal,
    plan,
    references: new WrittenReferences(),
    modules: new AnnouncedModules(),
    threads: new WrittenThreads(),
    parents: new Map(),
  };
}
