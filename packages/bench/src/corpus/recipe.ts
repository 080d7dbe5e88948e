/** What the writer is asked for: all there is to know about a capture before its first byte. The same goes into the manifest. */
import type {
  CaptureHeader,
  CompressionChoice,
  EncryptionOptions,
  PageStretch,
  SealRandomness,
  WritablePayload,
} from "@memslice/msl";
import type { Facts } from "./facts.js";

/** What every block is told besides its payload. */
export interface Placement {
  readonly uuid: string;
  readonly parentUuid?: string;
  readonly hasChildren?: boolean;
  readonly hasKeyHints?: boolean;
  /** Plain without it. */
  readonly compression?: Extract<CompressionChoice, "zstd" | "zstd-fast" | "lz4">;
}

export interface TableRecipe extends Placement {
  readonly payload: Exclude<WritablePayload, { readonly kind: "MemoryRegion" }>;
}

export interface RegionRecipe extends Placement {
  readonly payload: {
    readonly kind: "MemoryRegion";
    readonly baseAddr: bigint;
    readonly protection: number;
    readonly regionType: number;
    readonly pageSizeLog2: number;
    readonly timestampNs: bigint;
    /** Maximal runs from the first page to the last. */
    readonly stretches: readonly PageStretch[];
    /** Which of the memory streams of the capture its captured pages hold. */
    readonly stream: number;
  };
  /** The first fragment of the region that this one continues. */
  readonly continuationOf?: string;
}

export type BlockRecipe = TableRecipe | RegionRecipe;

export interface EncryptionRecipe {
  readonly options: EncryptionOptions;
  readonly randomness: Partial<SealRandomness>;
  /** `secrets` and `encryption` of the manifest. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly extension: EncryptionExtension;
}

/** As the manifest has it; `nonceHex` of 24 bytes. */
export interface EncryptionExtension {
  readonly encAlgo: number;
  readonly kdfType: number;
  readonly keyEncap: number;
  readonly kdfTime: number;
  readonly kdfMemoryKiB: number;
  readonly kdfLanes: number;
  readonly kemCtLen: number;
  readonly nonceHex: string;
  readonly kdfSaltHex: string;
}

export interface HeaderRecipe extends CaptureHeader {
  readonly timestampNs: bigint;
  readonly clockSource: number;
  readonly hashAlgo: number;
  readonly dumpUuid: string;
}

export interface Recipe {
  /** From which the memory streams follow. */
  readonly memorySeed: number;
  readonly header: HeaderRecipe;
  /** Whether the header tells the number of blocks; never in encrypted captures. */
  readonly announcesCount: boolean;
  readonly blocks: readonly BlockRecipe[];
  readonly end: { readonly uuid: string; readonly acqEndNs: bigint };
  readonly encryption?: EncryptionRecipe;
}

export function isRegion(block: BlockRecipe): block is RegionRecipe {
  return block.payload.kind === "MemoryRegion";
}

/** A kind of sound capture. */
export interface CaptureKind {
  /** Of the files, without their endings. */
  readonly name: string;
  /** A phrase for people. */
  readonly about: string;
  readonly features?: readonly string[];
  /** `size`: bytes of captured memory, for the big ones. */
  recipe(facts: Facts, size: number): Recipe | Promise<Recipe>;
}
