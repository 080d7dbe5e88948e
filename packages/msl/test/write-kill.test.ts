/** A writer that is killed at any moment leaves a capture whose complete blocks read and verify, and that can be continued to its end. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { MslError, MslSliceReader, MslWriter, openCapture } from "../src/index.js";
import { STEPS, writeStep } from "./children/write-until-killed.mjs";

/** The full form of the test kills 200 times. */
const KILLS = Number(process.env["MSL_KILLS"] ?? 40);
const CHILD = fileURLToPath(new URL("./children/write-until-killed.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "msl-kill-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Complete blocks that a killed process may lose. */
const LOST_MOST = { block: 0, gathered: 256 * 1024 } as const;

/** Kills the child `delay` milliseconds after it began to write. Returns the size behind the last call that the child awaited. */
async function killed(path: string, flush: keyof typeof LOST_MOST, delay: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, path, flush], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill("SIGKILL");
  await ended;
  return Number(told.split("\n").at(-2));
}

/** Writes the blocks that the capture still announces, and ends it. */
async function complete(path: string, from: number): Promise<number> {
  const writer = await MslWriter.resume(path, { sync: "never" });
  expect(writer.blocks).toBe(from);
  const last = Math.max(8, Math.ceil(from / 6) * 6 + 2);
  for (let step = from; step < last; step++) await writeStep(writer, step);
  // After two of the six steps, a Key Hint is announced and missing.
  await writeStep(writer, last);
  await writeStep(writer, last + 1);
  return (await writer.end()).blocks;
}

it.each(["block", "gathered"] as const)(
  `a capture whose writer, with the flush policy %s, was killed is resumed to an intact capture, ${KILLS} times`,
  { timeout: 600_000 },
  async (flush) => {
    const torn: number[] = [];
    let begun = 0;
    for (let run = 0; run < KILLS; run++) {
      const path = join(folder, `${flush}-${run}.msl`);
      const awaited = await killed(path, flush, Math.random() * 120);
      if (!existsSync(path) || statSync(path).size < 64) {
        expect(awaited).toBeLessThanOrEqual(LOST_MOST[flush]);
        await expect(MslWriter.resume(path)).rejects.toBeInstanceOf(MslError);
        continue;
      }
      begun++;
      const { end } = new MslSliceReader(readFileSync(path));
      const found = await openCapture(path);
      const report = await found.verify();
      const blocks = end.truncatedBlock ?? end.blocks;
      const kept = blocks === 0 ? 64 : found.blocks.at(blocks - 1).offset + found.blocks.at(blocks - 1).length;
      expect(awaited - kept).toBeLessThanOrEqual(LOST_MOST[flush]);
      expect(["chain-ok+no-eoc", "chain-ok+no-eoc+truncated-block", "chain-ok+filehash-ok"]).toContain(report.verdict);
      for (let index = 0; index < blocks; index++) expect((await found.blocks.at(index).decode()).problem).toBeUndefined();
      await found.close();
      expect(blocks).toBeLessThan(STEPS);
      if (end.truncatedBlock !== null || end.trailingBytes > 0) torn.push(run);
      const written = await complete(path, blocks);
      const whole = await openCapture(path, { strict: true });
      expect(whole.blocks.length).toBe(written);
      expect(whole.deviations).toEqual([]);
      expect((await whole.verify({ strict: true })).outcome).toBe("intact");
      await whole.close();
      rmSync(path);
    }
    // If no kill came in the middle of a capture, the test would prove nothing.
    expect(begun).toBeGreaterThan(KILLS / 2);
    expect(torn.length).toBeGreaterThan(KILLS / 10);
  },
);
