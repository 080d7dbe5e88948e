import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { imported } from "./support/imported.js";
import { SAMPLE_CORES } from "./support/sample-cores.js";

describe.each(Object.entries(SAMPLE_CORES))("fixtures/dumps/%s", (name, make) => {
  it("is what its function makes", () => {
    const file = readFileSync(new URL(`../../../fixtures/dumps/${name}`, import.meta.url));
    expect(Buffer.compare(file, make())).toBe(0);
  });

  it("is imported whole", async () => {
    const { report } = await imported(make());
    expect([report.complete, report.threads > 0, report.modules > 0 || name === "x86.core"]).toEqual([true, true, true]);
  });
});
