/** Takes one capture into one file, with its progress and its hashes. */
import { stat } from "node:fs/promises";
import type { AcquireOptions, AcquireReport } from "@memslice/acquire";
import type { Sink } from "@memslice/msl";
import type { Invocation } from "../command.js";
import { type CaptureReport, progressLine } from "../documents/capture-text.js";
import { DASH } from "../streams/standard-input.js";
import { Progress } from "../terminal/progress.js";
import { captureFile, mostBytes, sha256Of } from "./capture-file.js";

/** One capture. */
interface CaptureTask {
  readonly pid: number;
  readonly out: string;
  readonly isEncrypted: boolean;
  take(sink: Sink, options: Required<Pick<AcquireOptions, "onPlan" | "onProgress">>): Promise<AcquireReport>;
  /** Called when the capture begins: OUT, if it is there afterwards, is this capture, and no earlier file. */
  readonly onBegin?: () => void;
}

/** Throws what `captureFile` throws. */
export async function captureOne(task: CaptureTask, invocation: Invocation): Promise<CaptureReport> {
  const { pid, out, isEncrypted, take, onBegin } = task;
  const progress = new Progress(`process ${pid}`, invocation.output.quiet);
  try {
    const captured = await captureFile(out, invocation, (sink, onPlan) =>
      take(sink, {
        onPlan: (bytes) => {
          onPlan(bytes);
          onBegin?.();
        },
        onProgress: (state) => progress.update(state, progressLine(state)),
      }),
    );
    progress.done();
    // The hashes of an encrypted capture are those of its plaintext.
    const sha256 = isEncrypted && out !== DASH ? await sha256Of(out, invocation.signal) : undefined;
    return { ...captured, ...(sha256 !== undefined && { sha256 }) };
  } finally {
    progress.done();
  }
}

/** Bytes of a capture that was begun and has no end; undefined if there is none. */
export async function partialBytes(out: string, isBegun: boolean): Promise<number | undefined> {
  return isBegun ? (await stat(out).catch(() => undefined))?.size : undefined;
}

/** The room that --max-size leaves for the captures that are still to come: it is for all files of one command. */
export class SizeBudget {
  readonly #invocation: Invocation;
  #written = 0;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  add(bytes: number): void {
    this.#written += bytes;
  }

  /** The invocation of the next capture. */
  get invocation(): Invocation {
    const { options } = this.#invocation;
    const most = mostBytes(options["max-size"]);
    if (most === Number.POSITIVE_INFINITY) return this.#invocation;
    return { ...this.#invocation, options: { ...options, "max-size": String(Math.max(1, most - this.#written)) } };
  }
}
