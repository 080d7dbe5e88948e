/** Writes a region: one block, or a first one and its continuations. */

import { MslError } from "../errors.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { Shown, shownAs } from "../json/shown.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import type { WrittenBlock } from "./block-emitter.js";
import type { BlockSpec, BlockWriter } from "./block-writer.js";
import type { Offered } from "./compression.js";
import { addressOfPage, type Fragment, fragmentOf, fragmentsOf, regionPayload } from "./fragments.js";
import type { RegionOptions } from "./options.js";
import type { PendingPayload } from "./payload-queue.js";
import { PayloadQueue } from "./payload-queue.js";
import { pageDataOf, type RegionInput, type RegionShape, regionShape } from "./region-input.js";
import type { FragmentRange } from "./written-fragments.js";

/** Where a key is, as a Key Hint says it. */
export interface KeyPlace {
  readonly regionUuid: string;
  /** Bytes of captured pages before it, in the block that holds it. */
  readonly regionOffset: bigint;
}

const shownPlace = shownAs("KeyPlace", ({ regionUuid, regionOffset }: KeyPlace) => ({
  regionUuid,
  regionOffset: String(regionOffset),
}));

/** A region that has been written. */
export class WrittenRegion extends Shown {
  /** The first block's, which the others name as their parent. */
  readonly uuid: string;
  /** More than one if the region was split. */
  readonly blocks: readonly WrittenBlock[];
  readonly #place: (address: bigint) => KeyPlace;

  constructor(blocks: readonly [WrittenBlock, ...WrittenBlock[]], place: (address: bigint) => KeyPlace) {
    super();
    this.uuid = blocks[0].uuid;
    this.blocks = blocks;
    this.#place = place;
  }

  override toJSON() {
    return { uuid: this.uuid, blocks: this.blocks };
  }

  /** What a Key Hint for this address says. Throws `bad-value` if the address is in no captured page of the region. */
  keyAt(address: bigint): KeyPlace {
    return shownPlace(this.#place(address));
  }
}

interface RegionPlan {
  readonly shape: RegionShape;
  readonly fragments: readonly Fragment[];
  /** The indexes of the fragments that Key Hints are announced for. */
  readonly hinted: ReadonlySet<number>;
  readonly data: ChunkQueue;
}

/** Waits for its turn; the page data of a region that is compressed may be read before. */
export async function writeRegion(
  writer: BlockWriter,
  region: RegionInput,
  options: RegionOptions & Offered,
): Promise<WrittenRegion> {
  const planned = planRegion(region, options, writer.splitAbove);
  if (planned instanceof Error) return writer.inTurn(() => Promise.reject(planned));
  const payloads = new PayloadQueue(planned.fragments.length, (signal) => regionPayloads(writer, planned, options, signal));
  return writer.inTurn(() => writePlanned(writer, planned, payloads, options), payloads);
}

/** What is wrong with the region is an outcome: it is told when it is the region's turn. */
function planRegion(region: RegionInput, options: RegionOptions & Offered, splitAbove: number): RegionPlan | Error {
  try {
    const shape = regionShape(region);
    const fragments = fragmentsOf(shape, splitAbove);
    const data = pageDataOf(region.pageData, shape.pages.tally().captured * shape.pageSize, options.signal);
    return { shape, fragments, hinted: hintedFragments(shape, fragments, options), data };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function* regionPayloads(
  { compression }: BlockWriter,
  { shape, fragments, data }: RegionPlan,
  options: RegionOptions & Offered,
  signal: () => AbortSignal,
): AsyncGenerator<PendingPayload, void> {
  // What is offered is the whole region.
  const offered = fragments.length > 1 ? undefined : options.offered;
  const subject = { type: BlockType.MemoryRegion, compression: options.compression, offered };
  try {
    for (const fragment of fragments) {
      const pieces = regionPayload(shape, fragment, data, fragment === fragments.at(-1));
      yield* compression.pending(subject, { length: fragment.payloadLength, pieces }, signal);
    }
  } finally {
    await data.cancel();
  }
}

async function writePlanned(
  writer: BlockWriter,
  { shape, fragments, hinted }: RegionPlan,
  payloads: PayloadQueue,
  options: RegionOptions & Offered,
): Promise<WrittenRegion> {
  const { references, plan } = writer.state;
  const { uuid, compression, offered } = options;
  writer.require({ type: BlockType.MemoryRegion, uuid, compression, offered }, fragments.length);
  if (options.continuationOf !== undefined) {
    references.fragments.requireFree(
      options.continuationOf.toLowerCase(),
      rangeOf(shape, { first: 0, count: shape.pages.numPages }),
      plan.blocks,
    );
  }
  const blocks: WrittenBlock[] = [];
  try {
    for (const [index, fragment] of fragments.entries()) {
      const range = rangeOf(shape, fragment);
      const spec = fragmentSpec(options, { first: blocks[0], split: fragments.length > 1, hinted: hinted.has(index), range });
      const written = await writer.putNext(spec, payloads, options.signal);
      if (hinted.has(index)) expectHints(writer, written, shape, fragment);
      blocks.push(written);
    }
  } catch (error) {
    // Fragments without the rest of their region would look like a region that ends there.
    throw blocks.length > 0 ? writer.fail(error) : error;
  }
  const [first, ...others] = blocks;
  if (!first) throw new MslError("internal", "A region has at least one fragment");
  return new WrittenRegion([first, ...others], (address) => {
    const { index, offset } = placeOf(shape, fragments, address);
    return { regionUuid: blocks[index]?.uuid ?? first.uuid, regionOffset: offset };
  });
}

/** What some pages of a region cover. */
function rangeOf(shape: RegionShape, { first, count }: Pick<Fragment, "first" | "count">): FragmentRange {
  const { protection, regionType, pageSizeLog2 } = shape;
  return {
    baseAddr: addressOfPage(shape, first),
    endAddr: addressOfPage(shape, first + count),
    protection,
    regionType,
    pageSizeLog2,
  };
}

interface FragmentPlace {
  /** The block that the fragment continues. */
  readonly first: WrittenBlock | undefined;
  readonly split: boolean;
  readonly hinted: boolean;
  readonly range: FragmentRange;
}

function fragmentSpec(options: RegionOptions & Offered, { first, split, hinted, range }: FragmentPlace): BlockSpec {
  const continued = options.continuationOf ?? first?.uuid;
  const flags = (hinted ? BlockFlag.HasKeyHints : 0) | (continued === undefined ? 0 : BlockFlag.Continuation);
  const type = BlockType.MemoryRegion;
  if (first) return { type, flags, range, parentUuid: continued };
  return {
    type,
    flags,
    range,
    uuid: options.uuid,
    parentUuid: options.continuationOf ?? options.parentUuid,
    hasChildren: options.hasChildren || (split && options.continuationOf === undefined),
  };
}

/** The indexes of the fragments that Key Hints are announced for. */
function hintedFragments(
  shape: RegionShape,
  fragments: readonly Fragment[],
  options: RegionOptions & Offered,
): ReadonlySet<number> {
  const { hasKeyHints = false, keysAt = [] } = options;
  const hinted = new Set(keysAt.map((address) => placeOf(shape, fragments, address).index));
  if (!hasKeyHints || hinted.size > 0) return hinted;
  if (fragments.length > 1) {
    throw new MslError("usage", `The region is split into ${fragments.length} fragments: keysAt must say where its keys are`);
  }
  return new Set([0]);
}

/** Which fragment holds the address, and after how many bytes of captured pages. */
function placeOf(shape: RegionShape, fragments: readonly Fragment[], address: bigint): { index: number; offset: bigint } {
  const from = address - shape.baseAddr;
  const page = Number(from >> BigInt(shape.pageSizeLog2));
  const index = fragmentOf(page, fragments);
  const fragment = fragments[index];
  if (!fragment || shape.pages.stateAt(page) !== "captured") {
    throw new MslError(
      "bad-value",
      `The address 0x${address.toString(16)} is in no captured page of the region at 0x${shape.baseAddr.toString(16)}`,
    );
  }
  const before = shape.pages.capturedBefore(page) - shape.pages.capturedBefore(fragment.first);
  return { index, offset: (BigInt(before) << BigInt(shape.pageSizeLog2)) + (from & BigInt(shape.pageSize - 1)) };
}

function expectHints(writer: BlockWriter, { index, uuid }: WrittenBlock, shape: RegionShape, { first, count }: Fragment): void {
  const base = addressOfPage(shape, first);
  writer.state.references.expectHints(uuid, { index, pages: { map: shape.pages, first, count, size: shape.pageSize, base } });
}
