import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const CHILD = fileURLToPath(new URL("./children/write-much.mjs", import.meta.url));

it.each(["plain", "aes-256-gcm", "xchacha20-poly1305"])(
  "a writer streams a region of any size in constant memory: %s",
  (cipher) => {
    const { written, blocks, grownMiB } = JSON.parse(
      execFileSync(process.execPath, [CHILD, "512", ...(cipher === "plain" ? [] : [cipher])], { encoding: "utf8" }),
    );
    expect(blocks).toBe(1);
    expect(written).toBeGreaterThan(512 * 1024 * 1024);
    // Leaves room, in MiB, for garbage that is not collected yet; all page data takes 512 MiB.
    expect(grownMiB).toBeLessThan(128);
  },
);
