/** Child processes that are ended when the work with them ends, however it ends. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { RUN_TIMEOUT_MS } from "./runtime.js";

export interface Child {
  readonly process: ChildProcess;
  /** What the process has written to standard output and standard error so far. */
  readonly said: { out: string; err: string };
}

/**
 * Starts a program, passes it to `work`, and ends it with all its children afterwards. Throws an `Error` with the program's output if
 * `work` throws or takes too long, or if the program ends with a failure before `work` is done.
 */
export async function withChild<T>(
  program: string,
  parameters: readonly string[],
  options: SpawnOptions,
  work: (child: Child) => Promise<T>,
): Promise<T> {
  // The program leads its own process group, so that its children can be ended with it.
  const started = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"], detached: true, ...options });
  const said = { out: "", err: "" };
  started.stdout?.on("data", (data: Buffer) => {
    said.out += data.toString();
  });
  started.stderr?.on("data", (data: Buffer) => {
    said.err += data.toString();
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${RUN_TIMEOUT_MS} ms`)), RUN_TIMEOUT_MS);
    started.on("error", reject);
    // The event "close" follows after all output has arrived.
    started.on("close", (status) => {
      if (status !== 0) reject(new Error(`ended with status ${status}`));
    });
  });
  try {
    return await Promise.race([work({ process: started, said }), failed]);
  } catch (cause) {
    throw new Error(`${program}: ${(cause as Error).message}\n${said.err.slice(-4000)}${said.out.slice(-2000)}`, { cause });
  } finally {
    clearTimeout(timer);
    if (started.exitCode === null && started.pid !== undefined) endGroup(started.pid);
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // The process has already ended.
  }
}
