/** What was read of a process before the capture was cancelled, or failed, is in the partial capture. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { BytesSink, fileSink, openCapture, type Sink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import type { PagesByState } from "../src/options.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";

const PAGE = 4096n;

describe.runIf(CAN_CAPTURE)("a capture that is cancelled", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it.each([{ freeze: true }, {}, { freeze: true, compression: "zstd", threads: 2 }] as const)(
    "has all pages that were read until then, in complete blocks: %j",
    async (options) => {
      const target = await targets.start("large", "128", "128");
      const out = join(targets.folder, "cancelled.msl");
      const abort = new AbortController();
      let read: PagesByState = { captured: 0, failed: 0, unmapped: 0 };
      const onProgress = ({ pages }: { readonly pages: PagesByState }) => {
        read = pages;
        if (pages.captured > 2000) abort.abort();
      };
      const file = await fileSink(out, { overwrite: true, sync: "never" });
      // Progress is told at intervals: a fast sink could have everything before the first of them.
      const sink: Sink = {
        keepsBytes: false,
        write: async (part) => {
          await setTimeout(5);
          await file.write(part);
        },
        close: () => file.close?.(),
      };
      const cancelled = acquire(target.pid, sink, { ...options, signal: abort.signal, onProgress });
      await expect(cancelled).rejects.toMatchObject({ code: "aborted" });
      expect(stateOf(target.pid)).not.toBe("T");
      target.end();
      const capture = await openCapture(readFileSync(out));
      expect((await capture.verify()).outcome).toBe("incomplete");
      const { captured, missing } = await capture.memory.extent();
      expect(missing).toBe(0n);
      expect(captured).toBeGreaterThanOrEqual(BigInt(read.captured) * PAGE);
      expect(read.captured).toBeGreaterThan(2000);
      rmSync(out);
    },
  );

  it("ends within seconds, with what was written, if the sink takes long", async () => {
    const target = await targets.start("large", "64", "64");
    const bytes = new BytesSink();
    const abort = new AbortController();
    let isLate = false;
    const sink: Sink = {
      keepsBytes: false,
      write: async (part) => {
        if (isLate) await setTimeout(300);
        await bytes.write(part.slice());
      },
    };
    const onProgress = () => {
      isLate = true;
      abort.abort();
    };
    const cancelled = acquire(target.pid, sink, { freeze: true, signal: abort.signal, onProgress });
    await expect(cancelled).rejects.toMatchObject({ code: "aborted" });
    expect(stateOf(target.pid)).not.toBe("T");
    target.end();
    expect((await (await openCapture(bytes.bytes())).verify()).outcome).toBe("incomplete");
  });
});
