/** A peer in a process of its own, which is started anew when it has died. The child calls `servePeer`. */
import { type ChildProcess, fork } from "node:child_process";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { collectGarbage } from "../harness/garbage.js";
import { type Run, timePerRun } from "../harness/rounds.js";

/** Work on `input`, and keep it; time so many runs of that; tell the peak of memory. */
export type PeerRequest<Input> =
  | { readonly kind: "work"; readonly input: Input }
  | { readonly kind: "time"; readonly repeats: number }
  | { readonly kind: "peak" };

type PeerAnswer =
  | { readonly bytes: Uint8Array }
  | { readonly seconds: number }
  | { readonly peak: number }
  | { readonly error: string };

export class PeerProcess<Input> {
  readonly #script: string;
  #child: ChildProcess | undefined;

  /** `script`: the path of a built file that calls `servePeer`. */
  constructor(script: string) {
    this.#script = script;
  }

  /** What a contender does with `input`. One input at a time: it is that of the last `run` that is timed. */
  contender(input: Input) {
    return {
      run: async () => (await this.#ask<{ bytes: Uint8Array }>({ kind: "work", input })).bytes,
      elsewhere: {
        time: async (repeats: number) => (await this.#ask<{ seconds: number }>({ kind: "time", repeats })).seconds,
        peak: async () => (await this.#ask<{ peak: number }>({ kind: "peak" })).peak,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill();
  }

  #ask<Answer>(request: PeerRequest<Input>): Promise<Answer> {
    this.#child ??= fork(this.#script, { serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        child.off("message", onMessage);
        child.off("exit", onExit);
        end();
      };
      const onMessage = (answer: PeerAnswer) =>
        settle(() => ("error" in answer ? reject(new Error(answer.error)) : resolve(answer as Answer)));
      const onExit = (status: number | null, signal: string | null) =>
        settle(() => {
          this.#child = undefined;
          reject(new Error(`the process died: ${signal ?? `exit status ${status}`}`));
        });
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send(request);
    });
  }
}

/** What is timed, and the bytes by which its result is checked. */
export interface PeerWork {
  readonly run: Run;
  bytes(): Uint8Array;
}

/** The other side of `PeerProcess`: does the work of a peer for the process that has forked this one. */
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
