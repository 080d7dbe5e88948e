/** Continues a capture that was not finished: reads what is there, holds it against its header, and goes on behind the last complete block. */
import { openUnfinished } from "#file-sink";
import { MslError } from "../errors.js";
import type { Capture } from "../read/capture.js";
import { openCapture } from "../read/open-capture.js";
import { readHead } from "../read/read-head.js";
import type { Source } from "../source/source.js";
import { isUrl } from "../tags.js";
import type { ResumableFile } from "./file-sink-options.js";
import type { ResumeOptions } from "./options.js";
import { replayed } from "./replay.js";
import type { Sink } from "./sink.js";
import { whyNotTorn } from "./torn-tail.js";
import type { WriterState } from "./writer-state.js";

/** What was found, and what was cut off. */
export interface Resumption {
  /** Complete blocks found. */
  readonly blocks: number;
  /** Bytes behind them, which were cut off. */
  readonly discarded: number;
}

export interface ResumedCapture {
  readonly sink: Sink;
  readonly state: WriterState;
  readonly resumption: Resumption;
}

/** Reads every byte that is there, once. Throws `not-resumable`, and as `openCapture` does. */
export async function resumeCapture(target: string | URL | ResumableFile, options: ResumeOptions): Promise<ResumedCapture> {
  const file = typeof target === "string" || isUrl(target) ? await openUnfinished(target, options) : target;
  const { source } = file;
  const { size } = source;
  try {
    const capture = await openUnencrypted(source, options.signal);
    const state = await unfinishedState(capture, source, options);
    const resumption = { blocks: state.plan.blocks, discarded: size - state.offset };
    return { sink: await file.append(state.offset), state, resumption };
  } finally {
    await source.close?.();
  }
}

async function openUnencrypted(source: Source, signal: AbortSignal | undefined): Promise<Capture> {
  const options = signal ? { signal } : {};
  const { header } = await readHead(source, options);
  if (header.encrypted)
    throw notResumable("it is encrypted, and what a killed writer leaves of ciphertext cannot be authenticated");
  return openCapture(source, options);
}

async function unfinishedState(capture: Capture, source: Source, options: ResumeOptions): Promise<WriterState> {
  const refused = whyFinished(capture);
  if (refused) throw notResumable(refused);
  const { blocks, truncatedBlock } = capture.index.end;
  const complete = truncatedBlock ?? blocks;
  try {
    const state = await replayed(capture, source, complete, options);
    const tail = state.offset < source.size ? await whyNotTorn(capture, source, state.offset) : undefined;
    if (!tail) return state;
    state.links.release();
    throw notResumable(tail);
  } catch (error) {
    // What contradicts the plan when it is written contradicts the header when it is found.
    if (error instanceof MslError && (error.code === "plan" || error.code === "bad-value"))
      throw notResumable(error.message, error);
    throw error;
  }
}

/** Deviations of a header that are told by what is still missing. */
const OF_UNFINISHED: ReadonlySet<string> = new Set(["HDR-CAPBITMAP", "HDR-BLOCKCOUNT", "HDR-ENUM"]);

function whyFinished({ index, deviations }: Capture): string | undefined {
  if (index.end.eocIndex !== null) return `it has an End-of-Capture, block ${index.end.eocIndex}`;
  const odd = deviations.find(({ id }) => id.startsWith("HDR-") && !OF_UNFINISHED.has(id));
  return odd ? `its header is not that of a 1.1 writer: ${odd.message}` : undefined;
}

function notResumable(reason: string, cause?: unknown): MslError {
  return new MslError("not-resumable", `The capture cannot be continued: ${reason}`, { cause });
}
