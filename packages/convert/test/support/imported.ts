/** Imports in memory, and what readers say about the capture. */
import { BytesSink, type Capture, type CaptureInput, openCapture, verifyCapture } from "@memslice/msl";
import { lintCapture } from "@memslice/msl/lint";
import { expect } from "vitest";
import { type ImportOptions, type ImportReport, importCapture } from "../../src/index.js";

export interface Imported {
  readonly report: ImportReport;
  readonly capture: Capture;
  readonly bytes: Uint8Array;
}

/** Imports, and expects an intact capture without errors of the linter. */
export async function imported(source: CaptureInput, options: ImportOptions = {}): Promise<Imported> {
  const sink = new BytesSink();
  const report = await importCapture(source, sink, options);
  const bytes = sink.bytes();
  expect((await verifyCapture(bytes)).outcome).toBe("intact");
  for await (const findings of lintCapture(bytes, { level: "error" })) expect(findings).toEqual([]);
  return { report, capture: await openCapture(bytes), bytes };
}

/** Import Provenance, which is block 0 of every import. */
export async function provenanceOf(capture: Capture) {
  const { payload } = await capture.blocks.at(0).decode();
  if (payload?.kind !== "ImportProvenance") throw new Error(`block 0 is ${payload?.kind}`);
  return payload;
}
