/** Does a peer's work for the process that has forked this one; see `PeerProcess`. */
import { collectGarbage } from "../harness/garbage.js";
import { ownPeakBytes } from "../harness/own-peak.js";
import { type Run, timePerRun } from "../harness/rounds.js";
import type { PeerAnswer, PeerRequest } from "./peer-process.js";

/** What is timed, and the bytes by which its result is checked. */
export interface PeerWork {
  readonly run: Run;
  bytes(): Uint8Array;
}

export function servePeer<Input>(work: (input: Input) => PeerWork | Promise<PeerWork>): void {
  let current: PeerWork | undefined;
  const answer = async (request: PeerRequest<Input>): Promise<PeerAnswer> => {
    if (request.kind === "peak") return { peak: ownPeakBytes() };
    if (request.kind === "work") {
      current = await work(request.input);
      return { bytes: current.bytes() };
    }
    if (!current) throw new Error("nothing was given to work on");
    collectGarbage();
    return { seconds: await timePerRun(current, request.repeats) };
  };
  process.on("message", (request: PeerRequest<Input>) => {
    answer(request).then(
      (result) => process.send?.(result),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) } satisfies PeerAnswer),
    );
  });
}
