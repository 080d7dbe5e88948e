/** Captures a process into bytes, and compares what the capture says with what the process has planted. */
import { BytesSink, type Capture, openCapture } from "@memslice/msl";
import { lintCapture } from "@memslice/msl/lint";
import { expect } from "vitest";
import { acquire } from "../../src/acquire.js";
import type { AcquireOptions } from "../../src/options.js";
import type { AcquireReport } from "../../src/report.js";
import type { Planted } from "./target.js";

const PAGE = 4096n;
/** Runs of pages up to this number are compared byte by byte; longer ones have to be without pages. */
const COMPARED_PAGES = 4096n;

export interface Captured {
  readonly report: AcquireReport;
  readonly bytes: Uint8Array;
}

/** Captures, and holds the capture against the verification, the linter and a strict reader. */
export async function captured(pid: number, options: AcquireOptions = {}): Promise<Captured> {
  const sink = new BytesSink();
  const report = await acquire(pid, sink, options);
  const bytes = sink.bytes();
  const { timestampNs, acqEndNs } = await expectConforming(bytes);
  expect([report.startedNs, report.endedNs]).toEqual([timestampNs, acqEndNs]);
  return { report, bytes };
}

/** Returns the times of the capture. */
async function expectConforming(
  bytes: Uint8Array,
): Promise<{ readonly timestampNs: bigint; readonly acqEndNs: bigint | undefined }> {
  const capture = await openCapture(bytes, { strict: true });
  expect((await capture.verify()).outcome).toBe("intact");
  const problems = [];
  let acqEndNs: bigint | undefined;
  for await (const batch of capture.decodeAll()) {
    problems.push(...batch.flatMap(({ result }) => result.problem ?? []));
    for (const { result } of batch) if (result.payload?.kind === "EndOfCapture") acqEndNs = result.payload.acqEndNs;
  }
  const { timestampNs } = capture.header;
  expect(problems).toEqual([]);
  await capture.close();
  const errors = [];
  for await (const findings of lintCapture(bytes, { level: "error" })) errors.push(...findings);
  expect(errors).toEqual([]);
  return { timestampNs, acqEndNs };
}

/** Every page of a planted mapping as the capture has it: `8x- 8x12`, or `?` for a page with other bytes than were planted. */
export async function pagesIn(capture: Capture, { address, bytes, pages }: Planted): Promise<string> {
  const runs: { count: bigint; text: string }[] = [];
  const note = (count: bigint, text: string) => {
    const last = runs.at(-1);
    if (last?.text === text) last.count += count;
    else runs.push({ count, text });
  };
  for await (const { start, end, state } of capture.memory.states(address, address + bytes)) {
    if (state !== "captured") note((end - start) / PAGE, state === "unmapped" ? "-" : state);
    else if ((end - start) / PAGE > COMPARED_PAGES) throw new Error(`${pages} has ${end - start} captured bytes`);
    else for (let at = start; at < end; at += PAGE) note(1n, await pageText(capture, at));
  }
  return runs.map(({ count, text }) => `${count}x${text}`).join(" ");
}

async function pageText(capture: Capture, address: bigint): Promise<string> {
  const page = (await capture.memory.read(address, Number(PAGE))).bytes();
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const byte = page[8] ?? 0;
  const isFilled = page.subarray(8).every((one) => one === byte);
  // Pages of files have no address in them.
  const isOwn = view.getBigUint64(0, true) === address || page.subarray(0, 8).every((one) => one === byte);
  return isFilled && isOwn ? byte.toString(16).padStart(2, "0") : "?";
}
