/** The source, the options and what follows from them: every decision about a block of the source depends on these. */
import { codeNumber, HASH_ALGO } from "../format/codes.js";
import { producerOf } from "../format/dialects/dialects.js";
import { HashAlgo, type HashAlgoCode, isImplementedHash } from "../hash/hash-algorithm.js";
import type { Capture } from "../read/capture.js";
import { PAYLOAD_MOST } from "../write/block-emitter.js";
import type { WritableTable } from "../write/block-kinds.js";
import { newUuid } from "../write/options.js";
import { redactsAnything } from "../write/table-payload.js";
import type { PayloadRules } from "./carried-payload.js";
import type { SourceIntegrity } from "./changes.js";
import { Identities } from "./identities.js";
import { ModuleIndexes } from "./module-list.js";
import type { TranscodeOptions } from "./options.js";
import { type Peer, peerOf, type WantedTypes, wantedTypes } from "./options.js";
import { RegionPlaces } from "./region-places.js";
import type { AddressDifference, LeftOut, ReportList } from "./report.js";

/** What the blocks of a source lost in the output, as `repairCapture` writes it into the output. */
export interface RepairFindings {
  readonly capture: Capture;
  /** Undefined if the source was not verified. */
  readonly integrity: SourceIntegrity | undefined;
  readonly leftOut: ReportList<LeftOut>;
  readonly addresses: readonly AddressDifference[];
  /** Blocks that no 1.1 producer writes, or that cannot be decoded, and that are copied as bytes. */
  readonly copied: number;
  /** Module Entries that were made from lines of the Module List Index. */
  readonly modules: number;
}

/** Set for `repairCapture`: the output has every complete block of the source, and Note of its Import Provenance says from what it was made. */
export interface Repair {
  /** The provenance of an output whose source has none that can be read, without Note. */
  readonly provenance: Extract<WritableTable, { kind: "ImportProvenance" }>;
  note(findings: RepairFindings): string;
}

export interface TranscodeContext {
  readonly capture: Capture;
  readonly identities: Identities;
  readonly places: RegionPlaces;
  readonly modules: ModuleIndexes;
  readonly wanted: WantedTypes;
  /** The program that the output is for, if it is for one. */
  readonly peer: Peer | undefined;
  readonly rules: PayloadRules;
  readonly hashAlgo: HashAlgoCode;
  readonly keepNonConforming: boolean;
  readonly repair: Repair | undefined;
  /** Whether threads are left out, since only a proposal defines them. */
  readonly conformingOnly: boolean;
  /** Whether the output is encrypted. */
  readonly encrypted: boolean;
  readonly splitAbove: number;
  /** The most bytes of a payload that is carried over as bytes, which is held in memory. */
  readonly rawLimit: number;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_RAW_LIMIT = 1024 * 1024 * 1024;

/** Throws `usage` for a redaction or selection that makes no sense. */
export async function contextOf(capture: Capture, options: TranscodeOptions, repair?: Repair): Promise<TranscodeContext> {
  const { select = {}, redact = {}, signal, uuid = newUuid, splitAbove = PAYLOAD_MOST } = options;
  const wanted = wantedTypes(select);
  redactsAnything(redact);
  const references = await capture.references(signal);
  const identities = await Identities.of(capture.blocks, references, uuid, signal);
  const { hashAlgo } = capture.header;
  const given = typeof options.hashAlgo === "string" ? codeNumber(HASH_ALGO, options.hashAlgo) : options.hashAlgo;
  const chosen = given ?? (isImplementedHash(hashAlgo) ? hashAlgo : HashAlgo.Blake3);
  return {
    capture,
    identities,
    wanted,
    peer: peerOf(options),
    modules: await ModuleIndexes.of(capture, identities, wanted, signal),
    places: await RegionPlaces.of(capture, references, select, wanted, signal),
    rules: {
      rehashed: chosen !== hashAlgo,
      memdiver: producerOf(capture.dialect) === "memdiver",
      redact,
      regionUuid: (named) => {
        const block = identities.find(named);
        return block < 0 ? named : identities.uuidOf(block);
      },
    },
    // The writer refuses what is not implemented.
    hashAlgo: chosen as HashAlgoCode,
    keepNonConforming: options.keepNonConforming ?? repair !== undefined,
    repair,
    conformingOnly: options.conformingOnly ?? false,
    encrypted: options.encryption !== undefined,
    splitAbove,
    rawLimit: options.payloadLimit ?? DEFAULT_RAW_LIMIT,
    signal,
  };
}
