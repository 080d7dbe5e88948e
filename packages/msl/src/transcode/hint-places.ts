/** Key Hints against the regions that go over: a hint needs the page data that it points into. */
import { BlockType } from "../format/codes.js";
import { countsFromBase } from "../format/dialects/dialects.js";
import { capturedPage } from "../format/page-states.js";
import { offsetFromBase } from "../read/key-hints.js";
import { fragmentsOf } from "../write/fragments.js";
import { regionShape } from "../write/region-input.js";
import { carriedRegion } from "./carried-region.js";
import type { Circumstances } from "./circumstances.js";
import type { OutlineItem, Refusal, RegionItem } from "./outline-items.js";

export interface HintPlaces {
  /** The blocks of the regions by the blocks of their hints. */
  readonly targets: ReadonlyMap<number, number>;
  /** The other way round. */
  readonly byRegion: ReadonlyMap<number, readonly number[]>;
  /** Addresses of hints in regions that become several blocks, by the blocks of the hints. */
  readonly addresses: ReadonlyMap<number, bigint>;
  /** Offsets in page data, by the blocks of the hints, where the source counts from BaseAddr. */
  readonly offsets: ReadonlyMap<number, bigint>;
  /** `raw`: whether the hint may go over as bytes. */
  readonly refused: readonly { readonly block: number; readonly why: Refusal; readonly raw: boolean }[];
}

interface Hint {
  readonly regionUuid: string;
  readonly regionOffset: bigint;
  readonly keyLen: number;
}

export async function placeHints(kept: ReadonlyMap<number, OutlineItem>, circumstances: Circumstances): Promise<HintPlaces> {
  const { capture, identities, places, signal } = circumstances;
  const targets = new Map<number, number>();
  const addresses = new Map<number, bigint>();
  const offsets = new Map<number, bigint>();
  const refused: { block: number; why: Refusal; raw: boolean }[] = [];
  for (const item of kept.values()) {
    if (item.kind !== "table" || item.type !== BlockType.KeyHint) continue;
    const { payload } = await capture.blocks.at(item.source).decode(signal);
    if (payload?.kind !== "KeyHint") continue;
    const target = identities.find(payload.regionUuid);
    const region = kept.get(target);
    if (region?.kind === "raw" && region.type === BlockType.MemoryRegion) {
      targets.set(item.source, target);
      continue;
    }
    if (region?.kind !== "region") {
      const place = places.get(target);
      const selection = place?.kind === "region" && !place.selected;
      const why: Refusal = selection
        ? { reason: "selection", message: `Its region, block ${target}, was not selected` }
        : { reason: "reference", lint: "REF-DANGLING", message: `Its region ${payload.regionUuid} is not in the output` };
      refused.push({ block: item.source, why, raw: !selection });
      continue;
    }
    const regionOffset = countsFromBase(capture.dialect) ? await inPageData(payload, region, signal) : payload.regionOffset;
    if (regionOffset !== payload.regionOffset) offsets.set(item.source, regionOffset);
    const hint = { ...payload, regionOffset };
    const why = outside(hint, region.bytes) ?? (await placeInFragment(hint, region, circumstances, item.source, addresses));
    if (why) refused.push({ block: item.source, why, raw: true });
    else targets.set(item.source, target);
  }
  return { targets, byRegion: inverted(targets), addresses, offsets, refused };
}

/** An offset from BaseAddr as one in page data; where that reading makes no sense, the hint is taken at its word. */
async function inPageData(hint: Hint, { region }: RegionItem, signal: AbortSignal | undefined): Promise<bigint> {
  const offset = await offsetFromBase(region, hint, signal);
  return offset === undefined ? hint.regionOffset : BigInt(offset);
}

function inverted(targets: ReadonlyMap<number, number>): ReadonlyMap<number, readonly number[]> {
  const byRegion = new Map<number, number[]>();
  for (const [hint, region] of targets) {
    const list = byRegion.get(region);
    if (list) list.push(hint);
    else byRegion.set(region, [hint]);
  }
  return byRegion;
}

function outside({ regionOffset, keyLen }: Hint, bytes: number): Refusal | undefined {
  const held = BigInt(bytes);
  if (regionOffset < held && BigInt(keyLen) <= held - regionOffset) return undefined;
  const message = `Key of ${keyLen} bytes at ${regionOffset} passes the ${bytes} bytes of page data that go over`;
  return { reason: "problem", lint: "KEY-RANGE", message };
}

/** In a region that becomes several blocks, a hint names the block that holds the whole key. */
async function placeInFragment(
  { regionOffset, keyLen }: Hint,
  { region, blocks }: RegionItem,
  circumstances: Circumstances,
  block: number,
  addresses: Map<number, bigint>,
): Promise<Refusal | undefined> {
  if (blocks === 1) return undefined;
  const { input } = await carriedRegion(region, circumstances);
  const shape = regionShape(input);
  const pageSize = BigInt(shape.pageSize);
  let end = 0n;
  for (const { captured } of fragmentsOf(shape, circumstances.splitAbove)) {
    end += BigInt(captured) * pageSize;
    if (regionOffset >= end) continue;
    if (regionOffset + BigInt(keyLen) > end) {
      return { reason: "problem", lint: "KEY-RANGE", message: "The region is split, and the key would lie in two blocks" };
    }
    break;
  }
  const page = capturedPage(shape.pages, Number(regionOffset / pageSize)) ?? 0;
  addresses.set(block, shape.baseAddr + BigInt(page) * pageSize + (regionOffset % pageSize));
  return undefined;
}
