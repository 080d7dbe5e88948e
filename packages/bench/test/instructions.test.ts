import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { CannotMeasure, instructionCounter } from "../src/measurements/instructions/counter.js";

function counter() {
  try {
    return instructionCounter();
  } catch (error) {
    if (error instanceof CannotMeasure) return undefined;
    throw error;
  }
}

const available = counter();

it.runIf(available)("the instruction counter counts more instructions for more work", { timeout: 300_000 }, () => {
  const count = (turns: number) => {
    const loop = `let x = 1; for (let i = 0; i < ${turns}; i++) x = (x * 7) % 1009; process.exitCode = x > 2000 ? 1 : 0;`;
    return available?.count(["--single-threaded", "--no-opt", "-e", loop]) ?? 0;
  };
  const more = count(2_000_000) - count(1_000_000);
  // An interpreted iteration takes some tens of instructions, a compiled one a few.
  expect(more).toBeGreaterThan(2_000_000);
  expect(more).toBeLessThan(500_000_000);
});

it("bench --instructions ends with status 4 on a machine that cannot count instructions", () => {
  const main = new URL("../dist/measurements/main.js", import.meta.url).pathname;
  const { status, stderr } = spawnSync(process.execPath, [main, "kernels", "--instructions"], {
    encoding: "utf8",
    env: { PATH: "/nowhere" },
  });
  expect(stderr).toMatch(/Instructions cannot be counted here/);
  expect(status).toBe(4);
});
