import { moduleBlocks, PAGE_LOG2, processIdentity, recipe, region } from "../process.js";
import type { CaptureKind } from "../recipe.js";
import { continued } from "./big.js";

export const CONTINUATION: CaptureKind = {
  name: "continuation",
  about: "a region in four blocks, another region and modules between them, its last fragment before its third",
  features: ["continuation"],
  recipe: (facts) =>
    recipe(facts, () => {
      const identity = processIdentity(facts);
      const { index, entries } = moduleBlocks(facts, 2);
      const pages = 3 * 40 + 7;
      const baseAddr = facts.nextAddress(BigInt(pages) << BigInt(PAGE_LOG2), PAGE_LOG2);
      const first = region(facts, 40, { baseAddr, hasChildren: true });
      const fragment = (number: number) =>
        continued(facts, first, 40 * number, [
          { count: number === 3 ? 7 : 39, state: "captured" },
          ...(number === 3 ? [] : [{ count: 1, state: "failed" } as const]),
        ]);
      const [second, third, last] = [fragment(1), fragment(2), fragment(3)];
      return [identity, index, first, ...entries, second, region(facts, 5), last, third];
    }),
};
