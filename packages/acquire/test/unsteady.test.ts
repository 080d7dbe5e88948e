/** Processes that end, run another program, or map what cannot be read, while they are looked at. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { preflight } from "../src/preflight/preflight.js";
import { captured } from "./support/captured.js";
import { CAN_CAPTURE, Targets } from "./support/target.js";

const FILE_PAGES = 20;
const PAGE = 4096n;
const CAPTURES = 10;

describe.runIf(CAN_CAPTURE)("a process that does not stay as it is", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("has ended, and is not a process whose memory is refused, if it ends while the preflight looks at it", async () => {
    const target = await targets.start("large", "512", "512");
    const seen = new Set<string>();
    target.child.kill("SIGKILL");
    // Not given up to the event loop: nobody collects the child, so that it ends as a zombie.
    for (const until = Date.now() + 20_000; Date.now() < until && !seen.has("zombie"); )
      for (const { code } of preflight(target.pid).findings) seen.add(code);
    target.end();
    expect([...seen].sort()).toEqual(["no-such-process", "zombie"]);
  });

  it("has failed pages behind the end of a mapped file, if all pages of files are asked for", async () => {
    const file = join(targets.folder, "twenty");
    writeFileSync(file, Buffer.alloc(FILE_PAGES * Number(PAGE), 0x41));
    const target = await targets.start("cut-file", file);
    const { report, bytes } = await captured(target.pid, { filePages: true });
    target.end();
    const { address = 0n, bytes: size = 0n } = target.planted.get("file") ?? {};
    const capture = await openCapture(bytes);
    const extent = await capture.memory.extent(address, address + size);
    expect(extent).toEqual({ captured: 20n * PAGE, failed: 4n * PAGE, unmapped: 0n, missing: 0n });
    expect([report.complete, report.pages.failed]).toEqual([false, 4]);
  });

  it("is captured as the program that it runs when it has stopped", async () => {
    const target = await targets.start("runs-itself");
    const replaced = [];
    for (let i = 0; i < CAPTURES; i++) {
      const { report } = await captured(target.pid, { freeze: true });
      expect(report.pages.captured).toBeGreaterThan(0);
      expect([report.targetEnded, report.consistent]).toEqual([false, true]);
      replaced.push(...report.changes.flat());
    }
    target.end();
    expect(replaced.some(({ change }) => change === "added")).toBe(true);
  });
});
