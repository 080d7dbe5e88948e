import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { captureOf, regionPayload } from "./build-capture.js";

const CHILD = fileURLToPath(new URL("./children/many-regions.mjs", import.meta.url));
/** Half of what V8 lets short-lived objects fill before it collects them: that much comes and goes with the load of the machine. */
const YOUNG = "--max-semi-space-size=8";
const REGIONS = 100_000;
const MiB = 1024 * 1024;

/** A region of one page that was not captured every 8 KiB; every thousandth has a captured one. */
function manyRegions(): Uint8Array {
  return captureOf(
    Array.from({ length: REGIONS }, (_, i) => {
      const states = [i % 1000 === 0 ? 0 : 1];
      return { type: 1, uuid: i & 0xffff, payload: regionPayload({ base: BigInt(i) << 13n, states, fill: 7 }) };
    }),
  );
}

function run(...args: string[]): { regions: number; ranges: number; peak: number } {
  return JSON.parse(execFileSync(process.execPath, [YOUNG, CHILD, ...args], { encoding: "utf8" }));
}

it("lists a hundred thousand regions, and what is captured of them, in 64 MiB and twice the file", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-regions-"));
  try {
    const file = join(folder, "many.msl");
    const bytes = manyRegions();
    writeFileSync(file, bytes);
    const { regions, ranges, peak } = run(file);
    expect({ regions, ranges }).toEqual({ regions: REGIONS, ranges: REGIONS / 1000 });
    // What Node and the library take themselves is not the capture's.
    expect(peak - run().peak).toBeLessThan(64 * MiB + 2 * bytes.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
