/** Runs the command in this process: a process for each run would take minutes. */
import { vi } from "vitest";
import { runProgram } from "../src/program.js";
import { StandardOutput } from "../src/streams/standard-output.js";
import type { Result } from "./run-msl.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

class KeptOutput extends StandardOutput {
  text = "";

  override async write(data: string | Uint8Array): Promise<void> {
    this.text += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
  }
}

/** Runs the command in this process. One at a time: standard error belongs to all. */
export async function mslHere(args: readonly string[]): Promise<Result> {
  const output = new KeptOutput();
  let stderr = "";
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const listeners = SIGNALS.map((name) => process.listeners(name));
  try {
    const status = await runProgram(args, output);
    return { status, stdout: output.text, stderr };
  } finally {
    write.mockRestore();
    for (const [i, name] of SIGNALS.entries()) {
      for (const listener of process.listeners(name)) if (!listeners[i]?.includes(listener)) process.off(name, listener);
    }
  }
}
