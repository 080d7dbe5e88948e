/** Runs the built command in a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const CAPTURES = fileURLToPath(new URL("../../../fixtures/captures/", import.meta.url));

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Of `mslBeside`: the number of the user who runs the command. */
  readonly user?: number | undefined;
}

export function msl(args: readonly string[], options: RunOptions = {}): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return { status, stdout, stderr };
}

export function capture(name: string): string {
  return `${CAPTURES}${name}.msl`;
}

/** Runs the built command beside other processes. */
export function mslBeside(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, ...texts }));
  });
}
