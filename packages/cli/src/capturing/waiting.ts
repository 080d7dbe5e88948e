/** Waiting for a process by its name, and telling of those that came and went. */
import type { FoundProcesses } from "@memslice/acquire";
import type { Invocation } from "../command.js";
import type { WantedName } from "./wanted-process.js";

export class Waiting {
  readonly name: string;
  /** undefined: it has to run already. */
  readonly waitMs: number | undefined;
  readonly #end: number;
  readonly #invocation: Invocation;

  /** Time begins to run. */
  constructor({ name, waitMs }: WantedName, invocation: Invocation) {
    this.name = name;
    this.waitMs = waitMs;
    this.#end = waitMs === undefined ? Number.NEGATIVE_INFINITY : performance.now() + waitMs;
    this.#invocation = invocation;
  }

  /** Whether there is time left. */
  get goesOn(): boolean {
    return performance.now() < this.#end;
  }

  gone(pid: number): void {
    this.#invocation.output.note(
      `Process ${pid} had the name ${JSON.stringify(this.name)}, and ended before it could be captured`,
    );
  }

  async found(): Promise<FoundProcesses> {
    const { findProcesses, waitForProcess } = await import("@memslice/acquire");
    if (!this.goesOn) return findProcesses(this.name);
    const { output, signal } = this.#invocation;
    if (findProcesses(this.name).processes.length === 0)
      output.note(`waiting for a process with the name ${JSON.stringify(this.name)}`);
    return waitForProcess(this.name, {
      timeoutMs: Math.max(0, this.#end - performance.now()),
      signal,
      onGone: (pid) => this.gone(pid),
    });
  }
}
