/** The capture to which defects are applied: it has one block for each of them. */

import { keyHint, modules, processIdentity, recipe, region, relatedDump } from "../process.js";
import type { CaptureKind } from "../recipe.js";

/** Indexes of its blocks. */
export const BLOCKS = {
  processIdentity: 0,
  moduleListIndex: 1,
  moduleEntry: 2,
  plainRegion: 4,
  zstdRegion: 5,
  lz4Region: 6,
  keyHint: 7,
  relatedDump: 8,
  endOfCapture: 9,
} as const;

/** In the plain region: offset of the page data, index of the failed page, number of captured pages. */
export const PLAIN_REGION = { pageDataAt: 40, failedPage: 3, capturedPages: 7 } as const;

export const BASE: CaptureKind = {
  name: "defect-base",
  about: "the sound capture that defects are put into",
  recipe: (facts) =>
    recipe(
      facts,
      () => {
        const plain = region(
          facts,
          [
            { count: PLAIN_REGION.failedPage, state: "captured" },
            { count: 1, state: "failed" },
            { count: PLAIN_REGION.capturedPages - PLAIN_REGION.failedPage, state: "captured" },
          ],
          { hasKeyHints: true },
        );
        const compressed = [region(facts, 24, { compression: "zstd" }), region(facts, 24, { compression: "lz4" })];
        return [
          processIdentity(facts),
          ...modules(facts, 2),
          plain,
          ...compressed,
          keyHint(facts, plain, 100),
          relatedDump(facts),
        ];
      },
      { announcesCount: true },
    ),
};
