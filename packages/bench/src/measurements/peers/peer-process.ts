/** A peer in its own process, which is restarted if it has died. The child process calls `servePeer`. */
import { type ChildProcess, fork } from "node:child_process";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { collectGarbage } from "../harness/garbage.js";
import { type Run, timePerRun } from "../harness/rounds.js";

/**
 * `work`: do the work on `input` and keep it for timing. `time`: time that many runs of the kept work. `peak`: report the peak memory.
 */
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

  /** `script`: path of a built file that calls `servePeer`. */
  constructor(script: string) {
    this.#script = script;
  }

  /** A contender that works on `input`. The child keeps one input: timing measures the input of the last call of `run`. */
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

/** The work to time, and the bytes of its result, for checking. */
export interface PeerWork {
  readonly run: Run;
  bytes(): Uint8Array;
}

/** The child's side of `PeerProcess`: does a peer's work for the process that forked this one. */
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
