/** The options of `transcode`, and what follows from them: what other programs can read, and which regions and kinds of blocks are wanted. */
import type { Codecs } from "../codec/codecs.js";
import type { EncryptionOptions } from "../encryption/sealing-keys.js";
import { MslError } from "../errors.js";
import { BlockType, type CodeOf, type HASH_ALGO } from "../format/codes.js";
import type { MemoryRange } from "../memory/address-space.js";
import type { Region } from "../memory/region.js";
import type { OpenOptions } from "../options/reading.js";
import type { VerifyProgress } from "../source/read-ahead.js";
import { BLOCK_KINDS, type BlockKind, isSystemTable, typeOfKind } from "../write/block-kinds.js";
import type { CompressionChoice, Encoders } from "../write/compress-payload.js";
import type { WritingOptions } from "../write/options.js";
import type { Content } from "../write/plan.js";
import type { Redaction } from "../write/table-payload.js";

/** `keep`: every block as it is compressed in the source, byte for byte where that is conforming. */
export type TranscodeCompression = CompressionChoice | "keep";

/** Whole regions are selected, never parts of them. If both properties are given, a region has to satisfy both. */
export interface RegionSelection {
  /** Regions that share an address with one of these. */
  readonly ranges?: readonly MemoryRange[] | undefined;
  /** Codes of region types. */
  readonly regionTypes?: readonly number[] | undefined;
}

/** Which blocks are carried over. Blocks that need each other stay together: see docs/transcoding.md. */
export interface BlockSelection extends RegionSelection {
  /** These kinds of blocks, and those that they need; types without a specified payload by their codes. Default: all. */
  readonly kinds?: readonly Content[] | undefined;
  /** Kinds of blocks that are left out. */
  readonly withoutKinds?: readonly Content[] | undefined;
}

/** How far a phase of `transcode` is: bytes done and in all, rate and time left. */
export interface TranscodeProgress extends VerifyProgress {
  /** `open`: an encrypted source is authenticated; `verify`: the hashes of the source are verified; `write`: the output is written. */
  readonly phase: "open" | "verify" | "write";
}

/** `salvage`, `payloadLimit` and the options for URLs are for opening the source, if it is not an opened capture. */
export interface TranscodeOptions
  extends Omit<OpenOptions, "strict" | "codecs" | "pin" | "threads" | "onProgress">,
    Pick<WritingOptions, "compressionLimit" | "verifyCompression" | "splitAbove" | "uuid"> {
  /** Like `threads` of the writer. If given, as many threads also verify the hashes of the source, and its regions are decompressed ahead. */
  readonly threads?: number | "auto" | undefined;
  /**
   * Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed (Node, Bun and Deno): of the source and of the output, each if it has
   * 4 MiB or more. Report and output are the same without it. Default true.
   */
  readonly nativeHash?: boolean | undefined;
  /** How payloads are compressed in the output. Default `keep`. */
  readonly compression?: TranscodeCompression | undefined;
  /** Hash algorithm of the output, by number or name: 0 BLAKE3, 1 SHA-256, 2 SHA-512/256. Default: the source's. DiskHash values of another algorithm are not carried over. */
  readonly hashAlgo?: CodeOf<typeof HASH_ALGO> | undefined;
  /** Fields to leave empty, by kind of block; `redactionOf` makes it from names. Sets Redacted if anything was removed. */
  readonly redact?: Redaction | undefined;
  /** The regions and kinds of blocks to carry over. Default: all. A Key Hint goes with its region. */
  readonly select?: BlockSelection | undefined;
  /**
   * Encrypts the output, under a key, nonce and salt of its own. The source's encryption is never carried over: without this option the output is
   * not encrypted, also if the source is. Copies of secrets are zeroed.
   */
  readonly encryption?: EncryptionOptions | undefined;
  /**
   * Carries over as bytes the blocks that a 1.1 producer must not write: types without a specified payload, and blocks with problems. The output is
   * not conforming then. Default false: they are left out, and reported.
   */
  readonly keepNonConforming?: boolean | undefined;
  /**
   * Leaves Thread Contexts out, for an output that is strictly 1.1: the specification reserves their type, and a proposal defines the payload.
   * Default false: they are carried over, and reported.
   */
  readonly conformingOnly?: boolean | undefined;
  /**
   * Writes only the parts of a conforming capture that this program can read, and reports the parts left out. "libmsl" is refused: it can read none.
   * Default: everything, as the specification has it.
   */
  readonly for?: PeerName | undefined;
  /**
   * Most bytes of the output: a small capture can hold very much compressed data. Default 1 GiB, and 64 times the source; more is an
   * error, `limit`.
   */
  readonly outputLimit?: number | undefined;
  /** Whether the hashes of the source are verified first, so that the result becomes part of the report. Default true. */
  readonly verify?: boolean | undefined;
  /** Replaces encoders and decoders. */
  readonly codecs?: Partial<Encoders & Codecs>;
  /** Called from time to time in every phase. */
  readonly onProgress?: ((progress: TranscodeProgress) => void) | undefined;
}

/** Programs that an output can be written for. docs/interoperability.md has their versions. */
export type PeerName = "memslicer" | "memdiver" | "libmsl";

/** The parts of a conforming capture that another program can read. An output for it is a conforming capture without all other parts. */
export interface Peer {
  /** The name as people write it. */
  readonly name: string;
  /** The compressions that it can read. */
  readonly compressions: readonly TranscodeCompression[];
  /** Why it misreads blocks, by their types. */
  readonly misread: ReadonlyMap<number, string>;
  /** Whether it can read regions in several blocks. */
  readonly fragments: boolean;
  /** Why it cannot open the output; undefined for one that it can. */
  readonly refuses: (encryption: EncryptionOptions | undefined) => string | undefined;
  /** Known faults of the program in reading the output, as sentences. */
  readonly remarks: readonly string[];
}

const MEMSLICER: Peer = {
  name: "memslicer",
  compressions: ["none", "zstd", "zstd-fast", "lz4", "auto"],
  misread: new Map([[BlockType.ConnectivityTable, "it uses the code of a Connectivity Table for kernel symbols of its own"]]),
  fragments: false,
  refuses: (encryption) => {
    if (encryption === undefined) return undefined;
    if ("recipientPublicKey" in encryption)
      return "it opens encrypted captures by a passphrase or a key alone, not for a recipient";
    return encryption.cipher === "xchacha20-poly1305" ? "it has no cipher but AES-256-GCM" : undefined;
  },
  remarks: [
    "memslicer writes another layout of System Context under the same type: how it reads the specified layout was not tried",
  ],
};

const MEMDIVER: Peer = {
  name: "MemDiver",
  compressions: ["none"],
  misread: new Map(),
  fragments: false,
  refuses: () => undefined,
  remarks: [
    "MemDiver reports the chain of every conforming capture as broken at block 0, since it expects zeros as PrevHash there",
    "MemDiver takes RegionOffset of Key Hints for an offset in the region, and HandleType 5 to 7 for mutex, timer and other",
  ],
};

const LIBMSL_REFUSES =
  "libmsl reads no conforming capture: it stops at the first block type that it does not know, and captures begin with Process Identity or Import " +
  "Provenance, which are none of its types; it also takes the heads of 1.1 regions for others. What it could read would not conform";

/** The program that the output is for, if it is for one. Throws `usage` for options whose output the program could not read. */
export function peerOf(
  options: Pick<TranscodeOptions, "for" | "compression" | "encryption" | "keepNonConforming">,
): Peer | undefined {
  if (options.for === undefined) return undefined;
  if (options.for === "libmsl") throw new MslError("usage", LIBMSL_REFUSES);
  const peer = options.for === "memdiver" ? MEMDIVER : MEMSLICER;
  const { compression = "keep", encryption, keepNonConforming } = options;
  if (compression !== "keep" && !peer.compressions.includes(compression)) {
    throw new MslError(
      "usage",
      `${peer.name} reads no payloads compressed with ${compression}: leave the choice out, or take none`,
    );
  }
  const refused = peer.refuses(encryption);
  if (refused !== undefined) throw new MslError("usage", `${peer.name} cannot open such a capture: ${refused}`);
  if (keepNonConforming) {
    throw new MslError("usage", `What is written for ${peer.name} conforms: keepNonConforming does not go with it`);
  }
  return peer;
}

/** The compression of an output for this program. Of a program that reads one compression, `keep` means that one. */
export function compressionFor({ compressions }: Peer, choice: TranscodeCompression): TranscodeCompression {
  return choice === "keep" && compressions.length === 1 ? (compressions[0] ?? choice) : choice;
}

export function fragmentsRefused({ name }: Peer): string {
  return `${name} reads no regions in several blocks`;
}

/** Kinds of blocks that are carried over whatever is selected, since 1.1 requires them. */
const ALWAYS: readonly BlockKind[] = ["ImportProvenance", "ProcessIdentity", "ModuleListIndex"];
const KINDS: readonly BlockKind[] = [...(Object.keys(BLOCK_KINDS) as (keyof typeof BLOCK_KINDS)[]), "MemoryRegion"];
const TABLES = KINDS.map(typeOfKind).filter(isSystemTable);

/** The types of blocks that are carried over. */
export interface WantedTypes {
  has(type: number): boolean;
  /** Whether of the regions only those are wanted that Key Hints point into. */
  readonly hintedRegionsOnly: boolean;
}

/** Throws `usage` for a range that holds no address and for kinds that cannot be left out. */
export function wantedTypes({ kinds, withoutKinds = [], ranges = [] }: BlockSelection): WantedTypes {
  const empty = ranges.find(({ start, end }) => start < 0n || end <= start);
  if (empty) {
    throw new MslError("usage", `The range 0x${empty.start.toString(16)}-0x${empty.end.toString(16)} holds no address`);
  }
  const without = new Set(withoutKinds.map(typeOfContent));
  const asked = kinds && new Set(kinds.map(typeOfContent));
  const listed = (type: number) => (asked?.has(type) ?? true) && !without.has(type);
  const hinted = !listed(BlockType.MemoryRegion) && asked !== undefined && listed(BlockType.KeyHint);
  const wanted = (type: number) =>
    listed(type) ||
    ALWAYS.some((kind) => typeOfKind(kind) === type) ||
    (type === BlockType.ModuleEntry && asked?.has(BlockType.ModuleListIndex) === true && !without.has(type)) ||
    (type === BlockType.MemoryRegion && hinted && !without.has(type)) ||
    (type === BlockType.SystemContext && TABLES.some(listed));
  for (const kind of KINDS) {
    const type = typeOfKind(kind);
    if (without.has(type) && wanted(type)) throw new MslError("usage", `${kind} cannot be left out: ${WHY_KEPT[kind] ?? ""}`);
  }
  return { has: (type) => wanted(specifiedType(type)), hintedRegionsOnly: hinted };
}

const WHY_KEPT: Partial<Record<BlockKind, string>> = {
  ImportProvenance: "every import begins with it",
  ProcessIdentity: "captures begin with it",
  ModuleListIndex: "Module Entries belong to it; leave out ModuleEntry, and it lists none",
  SystemContext: "the system tables belong to it; leave them out too",
};

/** memslicer's code for a Connectivity Table becomes the specified one. */
export function specifiedType(type: number): number {
  return type === BlockType.MemslicerConnectivityTable ? BlockType.ConnectivityTable : type;
}

function typeOfContent(content: Content): number {
  return typeof content === "number" ? specifiedType(content) : typeOfKind(content);
}

export function isSelected(region: Region, { ranges, regionTypes }: BlockSelection): boolean {
  const inRange = ranges?.some(({ start, end }) => region.baseAddr < end && start < region.endAddr) ?? true;
  return inRange && (regionTypes?.includes(region.head.regionType) ?? true);
}
