/** One run: a dump is imported, and the capture is exported and imported again. Throws for any outcome that is not allowed. */
import { exportElfCore, exportMinidump, type ImportReport, importCapture } from "@memslice/convert";
import { BytesSink, type Capture, openCapture, verifyCapture } from "@memslice/msl";
import { lintCapture } from "@memslice/msl/lint";
import { ask, require, requireEqual } from "../finding.js";
import { count, type Tally } from "../tallies.js";

/** Bytes of captured pages that a mutant may become: ranges of a byte each become a page each. */
const OUTPUT_MOST = 32 * 1024 * 1024;
/** Bytes of page-state maps: of 4 GiB in pages of 4096. */
const PAGE_MAPS_MOST = 256 * 1024;
/** Bytes that are compared at once, and of one range. */
const COMPARED_BYTES = 1024 * 1024;

const LIMITS = { outputLimit: OUTPUT_MOST, pageMapLimit: PAGE_MAPS_MOST, importTimeNs: 0n } as const;

/** Outcomes of runs: codes of errors, formats that were imported, and exports that were imported again. */
export type Outcomes = Tally;

export async function exerciseDump(bytes: Uint8Array, outcomes: Outcomes): Promise<void> {
  const before = bytes.slice();
  const imported = await importedFrom(bytes);
  requireEqual("bytes of the dump, before and after it was imported", Buffer.compare(before, bytes), 0);
  if (!("capture" in imported)) {
    count(outcomes, imported.code);
    return;
  }
  count(outcomes, imported.report.format);
  for (const [name, write] of [
    ["minidump", exportMinidump],
    ["elf-core", exportElfCore],
  ] as const) {
    const sink = new BytesSink();
    const exported = await ask(() => write(imported.capture, sink));
    if (exported.error) {
      count(outcomes, `${name} ${exported.error.code}`);
      continue;
    }
    const { captured } = await imported.capture.memory.extent();
    if (exported.value.memory.captured !== captured) {
      // A core of 32 bits has no addresses above 4 GiB: the report has to say so.
      require(`the ${name} tells why it lacks memory`, exported.value.notes.length > 0);
      count(outcomes, `${name} without some memory`);
      continue;
    }
    const again = await importedFrom(sink.bytes());
    if (!("capture" in again)) {
      count(outcomes, `${name} imported again: ${again.code}`);
      continue;
    }
    count(outcomes, `${name} imported again`);
    await compareMemory(`memory of the capture and of its ${name}`, imported.capture, again.capture, again.report.filledBytes);
    await again.capture.close();
  }
  await imported.capture.close();
}

/** The capture of a dump, which is intact and conforms to the specification; or the code of the error that refuses the dump. */
async function importedFrom(
  bytes: Uint8Array,
): Promise<{ readonly capture: Capture; readonly report: ImportReport } | { readonly code: string }> {
  const sink = new BytesSink();
  const { value: report, error } = await ask(() => importCapture(bytes, sink, LIMITS));
  if (error) return { code: error.code };
  const written = sink.bytes();
  requireEqual("outcome of verifying an import", (await verifyCapture(written)).outcome, "intact");
  for await (const findings of lintCapture(written, { level: "error" }))
    requireEqual("errors of the linter in an import", findings, []);
  const capture = await openCapture(written);
  const { captured } = await capture.memory.extent();
  require("an import has no more bytes than its report says", captured <= report.pages.captured.bytes);
  return { capture, report };
}

/** Captured bytes of the first capture are at the same addresses of the second one. The other captured addresses are those that the import reported as filled with zeros, and hold zeros. */
async function compareMemory(what: string, first: Capture, second: Capture, filledBytes: number): Promise<void> {
  let captured = 0n;
  for await (const { start, end } of first.memory.ranges()) {
    captured += end - start;
    requireEqual(
      `${what}: captured bytes from ${start.toString(16)} to ${end.toString(16)}`,
      (await second.memory.extent(start, end)).captured,
      end - start,
    );
    const length = Math.min(COMPARED_BYTES, Number(end - start));
    const [a, b] = [new Uint8Array(length), new Uint8Array(length)];
    await first.memory.readInto(a, start);
    await second.memory.readInto(b, start);
    requireEqual(`${what}: bytes from ${start.toString(16)} on`, Buffer.compare(a, b), 0);
  }
  const more = (await second.memory.extent()).captured - captured;
  require(`${what}: ${more} bytes more are captured, and ${filledBytes} are told as zeros`, more <= BigInt(filledBytes));
  if (more > 0n) await requireZeros(what, first, second);
}

/** What only the second capture has is zeros. */
async function requireZeros(what: string, first: Capture, second: Capture): Promise<void> {
  for await (const range of second.memory.ranges()) {
    for await (const { start, end, state } of first.memory.states(range.start, range.end)) {
      if (state === "captured") continue;
      const bytes = new Uint8Array(Math.min(COMPARED_BYTES, Number(end - start)));
      await second.memory.readInto(bytes, start);
      requireEqual(`${what}: zeros from ${start.toString(16)} on`, Buffer.compare(bytes, new Uint8Array(bytes.length)), 0);
    }
  }
}
