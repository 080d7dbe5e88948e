import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const CHILD = fileURLToPath(new URL("./children/transcode-much.mjs", import.meta.url));

/** The bounds, in MiB, leave room for garbage that is not collected yet and for one or two compressed payloads; all page data has 512 MiB. */
it.each([
  ["none", 128],
  ["zstd", 384],
])(
  "transcode copies 512 MiB of page data stored with %s within a constant amount of memory",
  (compression, most) => {
    const folder = mkdtempSync(join(tmpdir(), "msl-transcode-"));
    try {
      const child = execFileSync(process.execPath, [CHILD, join(folder, "much.msl"), "512", compression], { encoding: "utf8" });
      const { written, complete, grownMiB } = JSON.parse(child);
      expect(complete).toBe(true);
      expect(written).toBeGreaterThan(512 * 1024 * 1024);
      expect(grownMiB).toBeLessThan(most);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  60_000,
);
