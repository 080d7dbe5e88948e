/** What commands ask: all questions to memory come to it through `forEachQuestioned`, so that another kind of memory has one place to be put in. */
import { stat } from "node:fs/promises";
import { type CaptureInput, MslError } from "@memslice/msl";
import { type Invocation, openOptions } from "../command.js";
import type { ExitStatus } from "../exit-status.js";
import { forEachCapture, type Outcomes } from "../for-each-file.js";
import { noteInvalidBlock } from "../invalid-block-note.js";
import { type OptionSpec, threadsOf } from "../options.js";
import { withCapture } from "../with-capture.js";
import { PID_OPTION, pidOf, withLiveProcess } from "./live-process.js";
import type { Questioned } from "./questioned.js";
import { BLOCK_OPTION, blockOf, withRegionAlone } from "./region-alone.js";

/** The least bytes of a file whose question has work for several threads. */
const WORTHWHILE_BYTES = 64 * 1024 * 1024;

/** Options that say which memory is asked. */
export const MEMORY_OPTIONS: Readonly<Record<string, OptionSpec>> = { ...BLOCK_OPTION, ...PID_OPTION };

/**
 * Opens the captures that the operands name, one after the other, and returns the gravest status; with `--pid`, the live process alone; with `--block`, one region of each. `name`: for messages and
 * documents.
 */
export function forEachQuestioned(
  command: string,
  invocation: Invocation,
  ask: (name: string, questioned: Questioned) => Promise<ExitStatus>,
  outcomes: Outcomes = {},
): Promise<ExitStatus> {
  const pid = pidOf(invocation.options["pid"]);
  if (pid !== undefined && invocation.files.length > 0) {
    throw new MslError("usage", `msl ${command} takes a file or --pid, not both; see: msl help ${command}`);
  }
  const block = blockOf(invocation.options["block"]);
  if (pid !== undefined && block !== undefined) {
    throw new MslError("usage", `--block names a block of a capture, and a live process has none; see: msl help ${command}`);
  }
  if (pid !== undefined) return withLiveProcess(pid, invocation.signal, ask);
  return forEachCapture(
    command,
    invocation,
    async (name, input) => {
      await startThreads(input, threadsOf(invocation.options["threads"]));
      return withCapture(name, input, invocation, openOptions(invocation), async (capture) => {
        if (block === undefined) noteInvalidBlock(name, capture, invocation.output);
        return ask(name, block === undefined ? capture : await withRegionAlone(capture, block, invocation.signal));
      });
    },
    outcomes,
  );
}

/** Lets threads load while the capture is opened, if there will be work for them. */
async function startThreads(input: CaptureInput, threads: number | "auto"): Promise<void> {
  const { startThreadsAhead } = await import("@memslice/analysis");
  if (threads !== "auto") startThreadsAhead({ threads });
  else if (typeof input === "string" && (await sizeOf(input)) >= WORTHWHILE_BYTES) startThreadsAhead();
}

/** Bytes of a local file; 0 for another input, which opening it says more about. */
function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
