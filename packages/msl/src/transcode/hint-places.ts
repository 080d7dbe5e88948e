/** The regions that Key Hints of the output point into. A hint is refused unless the output has the page data of its key. */
import { BlockType } from "../format/codes.js";
import { countsFromBase } from "../format/dialects/dialects.js";
import { capturedPage } from "../format/page-map.js";
import type { BlockRegion } from "../memory/block-region.js";
import { offsetFromBase } from "../read/key-hints.js";
import { TimeSlice } from "../source/time-slice.js";
import { fragmentsOf } from "../write/fragments.js";
import { regionShape } from "../write/region-input.js";
import { carriedRegion } from "./carried-region.js";
import type { TranscodeContext } from "./context.js";
import type { KeptBlocks } from "./kept-blocks.js";
import { BlockColumn, Column } from "./kept-blocks.js";
import type { Refusal } from "./report.js";

/** Refuses a hint. `raw`: whether it may be carried over as bytes. */
export type RefuseHint = (block: number, why: Refusal, raw: boolean) => Promise<void>;

interface Hint {
  readonly regionUuid: string;
  readonly regionOffset: bigint;
  readonly keyLen: number;
}

export class HintPlaces {
  /** The block of the region by the block of the hint. */
  readonly #targets: BlockColumn;
  /** 1 for a region that hints point into. */
  readonly #hinted: Column<Uint8Array>;
  /** Addresses in regions that become several blocks, by the block of the hint. */
  readonly #addresses = new Map<number, bigint>();
  /** The same addresses by the block of the region. */
  readonly #keysAt = new Map<number, bigint[]>();
  /** One more than the offset in page data, by the block of the hint. */
  readonly #offsets: Column<Float64Array>;

  private constructor(length: number) {
    this.#targets = new BlockColumn(length);
    this.#hinted = new Column(Uint8Array, length);
    this.#offsets = new Column(Float64Array, length);
  }

  static async of(kept: KeptBlocks, context: TranscodeContext, refuse: RefuseHint): Promise<HintPlaces> {
    const { capture, signal } = context;
    const hints = new HintPlaces(capture.blocks.length);
    const slice = new TimeSlice(signal);
    for (const block of kept.blocks()) {
      if (slice.isSpent()) await slice.renew();
      if (kept.kindOf(block) !== "table" || kept.typeOf(block) !== BlockType.KeyHint) continue;
      const { payload } = await capture.blocks.at(block).decode(signal);
      if (payload?.kind === "KeyHint") await hints.#place(block, payload, kept, context, refuse);
    }
    return hints;
  }

  /** The block of the region that the hint points into. */
  targetOf(hint: number): number | undefined {
    return this.#targets.get(hint);
  }

  isHinted(region: number): boolean {
    return this.#hinted.get(region) !== 0;
  }

  /** Where the key is, if its region becomes several blocks. */
  addressOf(hint: number): bigint | undefined {
    return this.#addresses.get(hint);
  }

  /** Where the keys of a region are that becomes several blocks. */
  keysAt(region: number): readonly bigint[] | undefined {
    return this.#keysAt.get(region);
  }

  /** The offset in page data, if the source counts from BaseAddr and that gives another offset. */
  offsetOf(hint: number): bigint | undefined {
    const next = this.#offsets.get(hint);
    return next === 0 ? undefined : BigInt(next - 1);
  }

  async #place(block: number, payload: Hint, kept: KeptBlocks, context: TranscodeContext, refuse: RefuseHint): Promise<void> {
    const { capture, identities, places, signal } = context;
    const target = identities.find(payload.regionUuid);
    const item = target < 0 ? undefined : kept.get(target);
    if (item?.kind === "raw" && item.type === BlockType.MemoryRegion) return this.#put(block, target);
    if (item?.kind !== "region") {
      const place = places.get(target);
      const selection = place?.kind === "region" && !place.selected;
      const why: Refusal = selection
        ? { reason: "selection", message: `Its region, block ${target}, was not selected` }
        : { reason: "reference", lint: "REF-DANGLING", message: `Its region ${payload.regionUuid} is not in the output` };
      return refuse(block, why, !selection);
    }
    const { region } = places.region(target);
    const regionOffset = countsFromBase(capture.dialect) ? await inPageData(payload, region, signal) : payload.regionOffset;
    if (regionOffset !== payload.regionOffset) this.#offsets.set(block, Number(regionOffset) + 1);
    const hint = { ...payload, regionOffset };
    const outside = outsideOf(hint, item.bytes);
    if (outside) return refuse(block, outside, true);
    const address = item.blocks === 1 ? undefined : await addressIn(region, hint, context);
    if (typeof address === "object") return refuse(block, address, true);
    this.#put(block, target);
    if (address === undefined) return;
    this.#addresses.set(block, address);
    const keysAt = this.#keysAt.get(target);
    if (keysAt) keysAt.push(address);
    else this.#keysAt.set(target, [address]);
  }

  #put(block: number, target: number): void {
    this.#targets.set(block, target);
    this.#hinted.set(target, 1);
  }
}

/** The offset in page data of a hint that counts from BaseAddr; RegionOffset itself if the key was not captured at that place. */
async function inPageData(hint: Hint, region: BlockRegion, signal: AbortSignal | undefined): Promise<bigint> {
  const offset = await offsetFromBase(region, hint, signal);
  return offset === undefined ? hint.regionOffset : BigInt(offset);
}

function outsideOf({ regionOffset, keyLen }: Hint, bytes: number): Refusal | undefined {
  const held = BigInt(bytes);
  if (regionOffset < held && BigInt(keyLen) <= held - regionOffset) return undefined;
  const message = `Key of ${keyLen} bytes at ${regionOffset} passes the ${bytes} bytes of page data in the output`;
  return { reason: "problem", lint: "KEY-RANGE", message };
}

/** In a region that becomes several blocks, a hint names the block that holds the whole key; the reason why no block does, if so. */
async function addressIn(
  region: BlockRegion,
  { regionOffset, keyLen }: Hint,
  context: TranscodeContext,
): Promise<bigint | Refusal> {
  const { input } = await carriedRegion(region, context);
  const shape = regionShape(input);
  const pageSize = BigInt(shape.pageSize);
  let end = 0n;
  for (const { captured } of fragmentsOf(shape, context.splitAbove)) {
    end += BigInt(captured) * pageSize;
    if (regionOffset >= end) continue;
    if (regionOffset + BigInt(keyLen) <= end) break;
    return { reason: "problem", lint: "KEY-RANGE", message: "The region is split, and the key would lie in two blocks" };
  }
  const page = capturedPage(shape.pages, Number(regionOffset / pageSize)) ?? 0;
  return shape.baseAddr + BigInt(page) * pageSize + (regionOffset % pageSize);
}
