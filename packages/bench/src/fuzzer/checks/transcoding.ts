/**
 * Rewrites a capture with `transcode`: the output must conform and be intact, and its memory must equal the source's, except for
 * differences that the report lists.
 */
import { BytesSink, type Capture, openCapture, type TranscodeOptions, type TranscodeReport, transcode } from "@memslice/msl";
import type { Random } from "../../captures/random.js";
import { ask, requireEqual } from "../finding.js";
import { count } from "../tallies.js";
import { windowsOf } from "./address-windows.js";
import { requirePlain } from "./block-json.js";
import { requireSameMemory } from "./same-memory.js";
import type { Subject } from "./subject.js";

/** Larger outputs are not checked, since they would be held in memory as a whole. */
const LARGEST_OUTPUT = 32 * 1024 * 1024;
const LEAST_SPLIT = 64 * 1024;

export class BoundedSink extends BytesSink {
  #size = 0;

  get full(): boolean {
    return this.#size > LARGEST_OUTPUT;
  }

  override write(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.full) throw new Error(`The output has more than ${LARGEST_OUTPUT} bytes`);
    super.write(bytes);
  }
}

export async function checkTranscoding({ bytes, random, counts }: Subject, source: Capture): Promise<void> {
  const sink = new BoundedSink();
  const made = await ask(() => whileRoom(sink, () => transcode(inBuffer(bytes, random), sink, drawnOptions(random))));
  if (made.error) count(counts.error, made.error.code);
  if (!made.value) return;
  const report = made.value;
  requirePlain("report of transcode", report);
  const output = await openCapture(sink.bytes(), { strict: report.output.conforming });
  await requireIntact(output, report);
  const regions = await ask(() => source.regions());
  if (!regions.value) return;
  const windows = [...(await windowsOf(regions.value, random)), ...(await windowsOf(await output.regions(), random))];
  await requireSameMemory(source, output, report, windows);
  await output.close();
}

/**
 * In half of the runs, passes part of a larger Buffer, as most Node programs do: code that takes a slice of a Buffer for a copy would
 * then write into the capture.
 */
function inBuffer(bytes: Uint8Array, random: Random): Uint8Array {
  return random.oneIn(2) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
}

function drawnOptions(random: Random): TranscodeOptions {
  return {
    compression: random.pick(["keep", "keep", "none", "zstd", "lz4"] as const),
    keepNonConforming: random.oneIn(4),
    verify: random.oneIn(2),
    ...(random.oneIn(4) ? { splitAbove: LEAST_SPLIT } : {}),
  };
}

/** Returns nothing if the sink was full. */
export async function whileRoom<T>(sink: BoundedSink, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (sink.full) return undefined;
    throw error;
  }
}

async function requireIntact(output: Capture, report: TranscodeReport): Promise<void> {
  const { verdict, outcome } = await output.verify();
  requireEqual("verdict of what transcode wrote", [outcome, verdict], ["intact", "chain-ok+filehash-ok"]);
  requireEqual("blocks that transcode wrote", report.output.blocks, output.blocks.length);
  requireEqual("bytes that transcode wrote", report.output.size, output.size);
  const unreadable = await output.unreadableRegions();
  if (report.output.conforming) requireEqual("regions of a conforming output that cannot be read", unreadable.length, 0);
}
