/** Child processes that end when their work does, whatever happens. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { RUN_TIMEOUT_MS } from "./runtime.js";

export interface Child {
  readonly process: ChildProcess;
  /** What it wrote to standard output and standard error so far. */
  readonly said: { out: string; err: string };
}

/**
 * Starts a program, hands it to `work`, and ends it with all its children afterwards. Throws, with what it said, if `work` throws
 * or takes too long, or if the program ends before it is done.
 */
export async function withChild<T>(
  program: string,
  parameters: readonly string[],
  options: SpawnOptions,
  work: (child: Child) => Promise<T>,
): Promise<T> {
  // A group of its own, so that what it starts ends with it.
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
    // "close" comes when all that it wrote has arrived.
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
    // It has ended by itself meanwhile.
  }
}
