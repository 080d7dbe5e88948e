import { expect, it } from "vitest";
import * as msl from "../src/index.js";

it("exports these names, and no others", () => {
  expect(Object.keys(msl).sort()).toEqual([
    "ARCH_TYPE",
    "BLOCK_TYPE",
    "BlockFlag",
    "BlockType",
    "CLOCK_SOURCE",
    "CachingSource",
    "CoalescingSource",
    "HASH_ALGO",
    "HeaderFlag",
    "LINT_CATALOGUE",
    "MslError",
    "MslReader",
    "MslSliceReader",
    "OS_TYPE",
    "PageStates",
    "REGION_TYPE",
    "addressJson",
    "blockInfoJson",
    "blockJson",
    "codeName",
    "describeReport",
    "headerJson",
    "httpSource",
    "openCapture",
    "planRanges",
    "protectionText",
    "severityOf",
    "verifyStream",
  ]);
});
