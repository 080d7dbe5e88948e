/** Writes a region as one block, or as a first fragment and its continuations. */

import { MslError } from "../errors.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { Shown, shownAs } from "../json/shown.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import { TimeSlice } from "../source/time-slice.js";
import { isUint8Array } from "../tags.js";
import type { WrittenBlock } from "./block-emitter.js";
import type { BlockSpec, BlockWriter } from "./block-writer.js";
import type { Eventual } from "./call-queue.js";
import type { Offered } from "./compression.js";
import { addressOfPage, type Fragment, fragmentOf, fragmentsOf, regionPayload, wholePayload } from "./fragments.js";
import type { RegionOptions } from "./options.js";
import { PayloadQueue, type PendingPayload } from "./payload-queue.js";
import { pageDataOf, type RegionInput, type RegionShape, regionShape } from "./region-input.js";
import type { FragmentRange } from "./written-fragments.js";

/** The place of a key, in the fields of a Key Hint. */
export interface KeyPlace {
  /** The UUID of the block that holds the key. */
  readonly regionUuid: string;
  /** Offset of the key in the page data of that block, in bytes: only captured pages count. */
  readonly regionOffset: bigint;
}

const shownPlace = shownAs("KeyPlace", ({ regionUuid, regionOffset }: KeyPlace) => ({
  regionUuid,
  regionOffset: String(regionOffset),
}));

/** A region that has been written. */
export class WrittenRegion extends Shown {
  /** The UUID of the first block, which the other blocks name as their parent. */
  readonly uuid: string;
  /** The blocks in the order of their addresses; more than one if the region was split. */
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

  /** The place of the byte at an address, for a Key Hint. Throws `bad-value` if the address is in no captured page of the region. */
  keyAt(address: bigint): KeyPlace {
    return shownPlace(this.#place(address));
  }
}

interface RegionPlan {
  readonly shape: RegionShape;
  readonly fragments: readonly Fragment[];
  /** Indexes of the fragments that get HasKeyHints. */
  readonly hinted: ReadonlySet<number>;
  /** Makes a queue of the page data. Small regions are written without one: it would take longer than the rest of the region. */
  readonly data: () => ChunkQueue;
}

/**
 * Checks the region at once; rejects in the turn of the call if a check fails. Writes the region in that turn; page data that is going to be compressed
 * may be read earlier.
 */
export async function writeRegion(
  writer: BlockWriter,
  region: RegionInput,
  options: RegionOptions & Offered,
): Promise<WrittenRegion> {
  let plan: RegionPlan;
  try {
    plan = planRegion(region, options, writer.splitAbove);
  } catch (error) {
    return writer.calls.refuse(error);
  }
  const payload = payloadAtHand(writer, region, plan, options);
  if (payload) {
    return writer.calls.run(() => writeFragments(writer, plan, options, (spec) => writer.put(spec, payload())));
  }
  const payloads = new PayloadQueue(plan.fragments.length, (signal) => regionPayloads(writer, plan, options, signal));
  const putNext = (spec: BlockSpec) => writer.putNext(spec, payloads, options.signal);
  return writer.calls.run(() => writeFragments(writer, plan, options, putNext), payloads);
}

/** Bytes of the longest payload that is made at once. */
const AT_ONCE = 64 * 1024;
const NO_DATA = new Uint8Array(0);
/** Bytes of page data between two looks at the clock: hashing them takes some milliseconds. */
const UNPAUSED_BYTES = 4 * 1024 * 1024;
/** Bytes that are hashed twice, and copied, in a unit of work. */
const BYTES_PER_UNIT = 256;

/** Makes the payload of a small region that is stored plain and whose page data is one array; undefined for others, which need queues. */
function payloadAtHand(
  { compression }: BlockWriter,
  { pageData }: RegionInput,
  { shape, fragments }: RegionPlan,
  options: RegionOptions,
): (() => Uint8Array) | undefined {
  const [fragment] = fragments;
  if (!fragment || fragments.length > 1 || fragment.payloadLength > AT_ONCE) return undefined;
  const isEmpty = pageData === undefined || (Array.isArray(pageData) && pageData.length === 0);
  const data = isEmpty ? NO_DATA : pageData;
  const subject = { type: BlockType.MemoryRegion, compression: options.compression };
  if (!isUint8Array(data) || compression.choice(subject, fragment.payloadLength) !== "none") return undefined;
  return () => wholePayload(shape, fragment, data);
}

function planRegion(region: RegionInput, options: RegionOptions, splitAbove: number): RegionPlan {
  const shape = regionShape(region);
  const fragments = fragmentsOf(shape, splitAbove);
  const data = pageDataOf(region.pageData, shape.pages.tally().captured * shape.pageSize, options.signal);
  return { shape, fragments, hinted: hintedFragments(shape, fragments, options), data };
}

async function* regionPayloads(
  { compression }: BlockWriter,
  plan: RegionPlan,
  options: RegionOptions & Offered,
  signal: () => AbortSignal,
): AsyncGenerator<PendingPayload, void> {
  const { shape, fragments } = plan;
  const data = plan.data();
  // Offered data is the compressed payload of the whole region.
  const offered = fragments.length > 1 ? undefined : options.offered;
  const subject = { type: BlockType.MemoryRegion, compression: options.compression, offered };
  try {
    for (const fragment of fragments) {
      const pieces = inSlices(regionPayload(shape, fragment, data, fragment === fragments.at(-1)), options.signal);
      yield* compression.pending(subject, { length: fragment.payloadLength, pieces }, signal);
    }
  } finally {
    await data.cancel();
  }
}

/** The bytes of pieces of any length, with pauses: hashing one large array takes seconds. Throws `aborted`. */
async function* inSlices(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  const slice = new TimeSlice(signal);
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += UNPAUSED_BYTES) {
      const part = piece.subarray(at, at + UNPAUSED_BYTES);
      yield part;
      if (slice.isSpent(part.length / BYTES_PER_UNIT)) await slice.renew();
    }
  }
}

async function writeFragments(
  writer: BlockWriter,
  { shape, fragments, hinted }: RegionPlan,
  options: RegionOptions & Offered,
  put: (spec: BlockSpec) => Eventual<WrittenBlock>,
): Promise<WrittenRegion> {
  const { references, plan } = writer.state;
  const { uuid, continuationOf } = options;
  const type = BlockType.MemoryRegion;
  writer.require({ type, uuid, compression: options.compression }, fragments.length);
  if (continuationOf !== undefined) {
    const range = rangeOf(shape, { first: 0, count: shape.pages.numPages });
    references.fragments.requireFree(continuationOf.toLowerCase(), range, plan.blocks);
  }
  const hasChildren = options.hasChildren || (fragments.length > 1 && continuationOf === undefined);
  const blocks: WrittenBlock[] = [];
  try {
    for (const [at, fragment] of fragments.entries()) {
      const range = rangeOf(shape, fragment);
      const first = blocks[0];
      const continued = continuationOf ?? first?.uuid;
      const flags = (hinted.has(at) ? BlockFlag.HasKeyHints : 0) | (continued === undefined ? 0 : BlockFlag.Continuation);
      // The first block has the region's own UUID and flags; later blocks get new UUIDs.
      const spec = {
        type,
        flags,
        range,
        uuid: first ? undefined : uuid,
        parentUuid: continued ?? options.parentUuid,
        hasChildren: first ? false : hasChildren,
        compression: options.compression,
      };
      const written = await put(spec);
      if (hinted.has(at)) {
        const pages = {
          map: shape.pages,
          first: fragment.first,
          count: fragment.count,
          size: shape.pageSize,
          base: range.baseAddr,
        };
        references.expectHints(written.uuid, { index: written.index, pages });
      }
      blocks.push(written);
    }
  } catch (error) {
    // Readers would mistake the fragments that were written for the whole region.
    throw blocks.length > 0 ? writer.fail(error) : error;
  }
  const [first, ...others] = blocks;
  if (!first) throw new MslError("internal", "A region has at least one fragment");
  return new WrittenRegion([first, ...others], (address) => {
    const { index, offset } = placeOf(shape, fragments, address);
    return { regionUuid: blocks[index]?.uuid ?? first.uuid, regionOffset: offset };
  });
}

/** The addresses of some pages of a region, and what all of its fragments have in common. */
function rangeOf(shape: RegionShape, { first, count }: Pick<Fragment, "first" | "count">): FragmentRange {
  const { protection, regionType, pageSizeLog2 } = shape;
  const baseAddr = addressOfPage(shape, first);
  return { baseAddr, endAddr: addressOfPage(shape, first + count), protection, regionType, pageSizeLog2 };
}

/** Indexes of the fragments that get HasKeyHints. Throws `bad-value` for addresses outside captured pages, and `usage`. */
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

/** The index of the fragment that holds the address, and the bytes of captured pages before it in that fragment. */
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
