/** The complete description of a capture, from which both the writer's input and the manifest are made. */
import type {
  CaptureHeader,
  CompressionChoice,
  EncryptionOptions,
  PageStretch,
  SealRandomness,
  WritablePayload,
} from "@memslice/msl";
import type { Facts } from "./facts.js";

/** Properties of every block besides its payload. */
export interface Placement {
  readonly uuid: string;
  readonly parentUuid?: string;
  readonly hasChildren?: boolean;
  readonly hasKeyHints?: boolean;
  /** The payload is stored plain if undefined. */
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
    /** Maximal runs of pages in one state, from the first page to the last. */
    readonly stretches: readonly PageStretch[];
    /** The number of the memory stream from which the captured pages are filled. */
    readonly stream: number;
  };
  /** UUID of the region's first fragment, if this block is a later fragment. */
  readonly continuationOf?: string;
}

export type BlockRecipe = TableRecipe | RegionRecipe;

export interface EncryptionRecipe {
  readonly options: EncryptionOptions;
  readonly randomness: Partial<SealRandomness>;
  /** The fields `secrets` and `encryption` of the manifest. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly extension: EncryptionExtension;
}

/** In the notation of the manifest; `nonceHex` has 24 bytes. */
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
  /** Seed of the memory streams. */
  readonly memorySeed: number;
  readonly header: HeaderRecipe;
  /** Whether the header states the number of blocks; always false in encrypted captures. */
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
  /** Name of the files, without extension. */
  readonly name: string;
  /** A phrase that describes the capture. */
  readonly about: string;
  readonly features?: readonly string[];
  /** `size`: bytes of captured memory in the big captures. */
  recipe(facts: Facts, size: number): Recipe | Promise<Recipe>;
}
