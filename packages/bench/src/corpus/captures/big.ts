/** Captures whose size the caller chooses. */
import type { PageStretch } from "@memslice/msl";
import type { Facts } from "../facts.js";
import { modules, PAGE_LOG2, Protection, processIdentity, RegionType, recipe, region } from "../process.js";
import type { BlockRecipe, CaptureKind, RegionRecipe } from "../recipe.js";

const PAGE_BYTES = 2 ** PAGE_LOG2;
/** A block has at most 2^32 - 1 bytes; this number of pages leaves room for the region's head and page-state map. */
const LARGEST_FRAGMENT_PAGES = 2 ** 20 - 1024;
/** Sizes of a process's regions in pages, used in turn: many small ones, a few large ones. */
const REGION_PAGES = [1, 4, 33, 2, 128, 16, 1024, 8, 64, 3, 256, 512];
/** In every third region, one failed page follows this many captured ones. */
const FAILED_EVERY = 50;
const MOST_SMALL_BLOCKS = 4000;

export const HUGE_BLOCK: CaptureKind = {
  name: "huge-block",
  about: "all memory in one region; it is one block as long as a block holds it, and fragments of almost 4 GiB beyond that",
  features: ["big"],
  recipe: (facts, size) =>
    recipe(facts, () => [processIdentity(facts), ...modules(facts, 1), ...fragments(facts, Math.ceil(size / PAGE_BYTES))]),
};

export const MANY_REGIONS: CaptureKind = {
  name: "many-regions",
  about: "memory in regions of 4 KiB to 4 MiB, some with pages that failed",
  features: ["big"],
  recipe: (facts, size) =>
    recipe(facts, () => [processIdentity(facts), ...modules(facts, 40), ...regionsOf(facts, Math.ceil(size / PAGE_BYTES))]),
};

export const SMALL_BLOCKS: CaptureKind = {
  name: "small-blocks",
  about: `modules and no memory: one for each page of the size, ${MOST_SMALL_BLOCKS} at most, in blocks of a few hundred bytes`,
  recipe(facts, size) {
    const count = Math.min(MOST_SMALL_BLOCKS, Math.ceil(size / PAGE_BYTES));
    return recipe(facts, () => [processIdentity(facts), ...modules(facts, count)], { announcesCount: true });
  },
};

function fragments(facts: Facts, pages: number): RegionRecipe[] {
  const count = Math.ceil(pages / LARGEST_FRAGMENT_PAGES);
  if (count === 1) return [region(facts, pages)];
  const baseAddr = facts.nextAddress(BigInt(pages * PAGE_BYTES), PAGE_LOG2);
  const first = region(facts, LARGEST_FRAGMENT_PAGES, { baseAddr, hasChildren: true });
  const others = Array.from({ length: count - 1 }, (_, i) => {
    const before = (i + 1) * LARGEST_FRAGMENT_PAGES;
    return continued(facts, first, before, [
      { count: Math.min(LARGEST_FRAGMENT_PAGES, pages - before), state: "captured" as const },
    ]);
  });
  return [first, ...others];
}

export function continued(
  facts: Facts,
  first: RegionRecipe,
  pagesBefore: number,
  stretches: readonly PageStretch[],
): RegionRecipe {
  const baseAddr = first.payload.baseAddr + BigInt(pagesBefore * PAGE_BYTES);
  return { ...region(facts, stretches, { baseAddr }), continuationOf: first.uuid };
}

/** Regions with `pages` captured pages in total. */
function regionsOf(facts: Facts, pages: number): BlockRecipe[] {
  const regions: BlockRecipe[] = [];
  for (let left = pages; left > 0; ) {
    const number = regions.length;
    const captured = Math.min(left, REGION_PAGES[number % REGION_PAGES.length] ?? 1);
    left -= captured;
    const states = number % 3 === 2 ? withFailures(captured) : captured;
    const isImage = number % 4 === 3;
    regions.push(
      region(facts, states, {
        regionType: isImage ? RegionType.image : RegionType.anonymous,
        protection: isImage ? Protection.RX : Protection.RW,
      }),
    );
  }
  return regions;
}

function withFailures(captured: number): PageStretch[] {
  const stretches: PageStretch[] = [];
  for (let left = captured; left > 0; left -= FAILED_EVERY) {
    stretches.push({ count: Math.min(left, FAILED_EVERY), state: "captured" }, { count: 1, state: "failed" });
  }
  return stretches;
}
