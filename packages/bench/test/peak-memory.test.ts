import { describe, expect, it } from "vitest";
import { bareNodePeak, peakOf } from "../src/processes/peak-memory.js";

const MIB = 1024 * 1024;
const OWN_PEAK = new URL("../dist/processes/own-peak.js", import.meta.url).href;

/** Arguments of a Node process that fills `mib` MiB of memory and prints its peak. */
function filling(mib: number): string[] {
  const script = `
    import { ownPeakBytes } from "${OWN_PEAK}";
    const filled = new Uint8Array(${mib} * ${MIB}).fill(1);
    process.stdout.write(String(ownPeakBytes() + 0 * filled.length));`;
  return ["--input-type=module", "-e", script];
}

describe("peakOf", () => {
  it("peakOf does not count the memory of the parent process", () => {
    const before = { bare: bareNodePeak(), child: peakOf(filling(64)) };
    const held = new Uint8Array(600 * MIB).fill(1);
    const after = { bare: bareNodePeak(), child: peakOf(filling(64)) };
    expect(held[held.length - 1]).toBe(1);
    expect(Math.abs(after.bare - before.bare)).toBeLessThan(16 * MIB);
    expect(Math.abs(after.child - before.child)).toBeLessThan(32 * MIB);
    expect(after.child - after.bare).toBeGreaterThan(48 * MIB);
  });

  it("peakOf throws if the child does not end in time", () => {
    expect(() => peakOf(["-e", "setInterval(() => {}, 1000)"], 300)).toThrow(/ETIMEDOUT/);
  });
});
