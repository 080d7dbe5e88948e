/**
 * Verifies a capture and prints the longest time, in milliseconds, for which the event loop was blocked. With a third argument, aborts
 * the verification after that many milliseconds and prints the milliseconds from the abort until nothing runs any more. Arguments: the
 * capture, the number of threads, the time of the abort.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { MslError, openCapture } from "@memslice/msl";

const [path = "", threads, abortAfter] = process.argv.slice(2);
const capture = await openCapture(path);
if (abortAfter === undefined) await printLongestWait();
else await printEndOfAbort(Number(abortAfter));
await capture.close();

async function printLongestWait(): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await capture.verify({ threads: Number(threads), nativeHash: false });
  delay.disable();
  process.stdout.write(`${delay.max / 1e6}\n`);
}

async function printEndOfAbort(milliseconds: number): Promise<void> {
  const controller = new AbortController();
  let abortedAt = Number.NaN;
  setTimeout(() => {
    abortedAt = performance.now();
    controller.abort();
  }, milliseconds);
  const outcome = await capture
    .verify({ threads: Number(threads), nativeHash: false, signal: controller.signal })
    .catch((error: unknown) => error);
  if (!(outcome instanceof MslError) || outcome.code !== "aborted") throw new Error("Verification was not aborted");
  process.on("exit", () => process.stdout.write(`${performance.now() - abortedAt}\n`));
}
