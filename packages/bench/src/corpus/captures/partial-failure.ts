/** Captures whose memory could not be read completely. */
import type { PageStretch } from "@memslice/msl";
import type { Facts } from "../facts.js";
import { modules, PAGE_LOG2, Protection, processIdentity, recipe, region } from "../process.js";
import type { CaptureKind } from "../recipe.js";

const STATES = ["captured", "failed", "unmapped"] as const;

const stretch = (count: number, state: PageStretch["state"]): PageStretch => ({ count, state });

export const PARTIAL_FAILURE: CaptureKind = {
  name: "partial-failure",
  about: "pages that failed or were gone: none of a region, all of one, single ones, long runs, and runs without order",
  features: ["partial"],
  recipe: (facts) =>
    recipe(facts, () => [
      processIdentity(facts),
      ...modules(facts, 2),
      region(facts, 32),
      region(facts, [stretch(32, "failed")]),
      region(facts, [stretch(5, "unmapped")], { protection: Protection.R }),
      region(facts, [stretch(1, "failed"), stretch(30, "captured"), stretch(1, "unmapped")]),
      region(
        facts,
        Array.from({ length: 129 }, (_, i) => stretch(1, STATES[i % 2] ?? "captured")),
      ),
      region(facts, [stretch(3, "captured"), stretch(20_000, "unmapped"), stretch(4, "failed"), stretch(2, "captured")]),
      region(facts, withoutOrder(facts, 400)),
      region(facts, withoutOrder(facts, 400), { compression: "zstd" }),
      region(facts, []),
    ]),
};

export const PAGE_SIZES: CaptureKind = {
  name: "page-sizes",
  about: "regions with pages of 4 KiB to 2 MiB",
  recipe: (facts) =>
    recipe(facts, () => [
      processIdentity(facts),
      ...modules(facts, 0),
      ...[PAGE_LOG2, 13, 14, 16, 21].map((pageSizeLog2) =>
        region(facts, [stretch(1, "captured"), stretch(1, "failed"), stretch(1, "captured")], { pageSizeLog2 }),
      ),
    ]),
};

/** Maximal runs of 1 to 9 pages in random states. */
function withoutOrder({ random }: Facts, pages: number): PageStretch[] {
  const stretches: PageStretch[] = [];
  let state = random.below(STATES.length);
  for (let left = pages; left > 0; ) {
    const count = Math.min(left, 1 + random.below(9));
    stretches.push(stretch(count, STATES[state] ?? "captured"));
    left -= count;
    state = (state + 1 + random.below(STATES.length - 1)) % STATES.length;
  }
  return stretches;
}
