/** A process that maps, unmaps and remaps while it is captured. `MSL_CAPTURES` sets how often; the full test is 100. */
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { captured, pagesIn } from "./support/captured.js";
import { CAN_CAPTURE, type Planted, Targets } from "./support/target.js";

const CAPTURES = Number(process.env["MSL_CAPTURES"] ?? 25);

describe.runIf(CAN_CAPTURE)("a process that changes its mappings at full speed", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("is captured without a fault, with the right bytes in every page that did not change, and every change is reported", async () => {
    const target = await targets.start("remap");
    const steady = target.planted.get("steady") as Planted;
    let changed = 0;
    for (let i = 0; i < CAPTURES; i++) {
      const { report, bytes } = await captured(target.pid, i % 5 === 4 ? { compression: "zstd" } : {});
      const capture = await openCapture(bytes);
      expect(await pagesIn(capture, steady)).toBe(steady.pages);
      // Two rounds follow the first one; a third list of changes is what the last look still found.
      expect(report.consistent).toBe(report.changes.length < 3);
      if (report.changes.length > 0) changed++;
    }
    expect(changed).toBeGreaterThan(CAPTURES / 2);
    target.end();
  });

  it("does not change while it is frozen", async () => {
    const target = await targets.start("remap");
    for (let i = 0; i < 5; i++) {
      const { report } = await captured(target.pid, { freeze: true });
      expect(report).toMatchObject({ consistent: true, changes: [], freeze: { method: "signal" } });
      expect(report.pages.failed).toBe(0);
      expect(report.freeze?.stoppedMs).toBeGreaterThan(0);
    }
    target.end();
  });

  it("leaves what was read when the process ends in the middle", async () => {
    const target = await targets.start("large", "512", "512");
    const sink = new BytesSink();
    const report = await acquire(target.pid, sink, { onProgress: () => target.end() });
    expect(report).toMatchObject({ targetEnded: true, complete: false });
    expect(report.pages.captured).toBeGreaterThan(0);
    expect(report.pages.unmapped).toBeGreaterThan(1000);
    const capture = await openCapture(sink.bytes(), { strict: true });
    expect((await capture.verify()).outcome).toBe("intact");
  });
});
