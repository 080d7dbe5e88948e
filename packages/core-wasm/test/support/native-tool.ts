import { execFileSync } from "node:child_process";

interface NativeTool {
  /** For titles of tests: the name of the tool, and whether tests are skipped because it is missing. */
  readonly title: string;
  readonly isMissing: boolean;
  run(input: Uint8Array, ...options: string[]): Uint8Array;
}

/** A command-line compressor that reads standard input, if it is installed (Debian packages `zstd` and `lz4`). */
export function nativeTool(name: string): NativeTool {
  const isMissing = !answers(name);
  if (isMissing) console.warn(`${name} is not installed: tests against the native tool are skipped`);
  return {
    title: isMissing ? `native ${name} (skipped: not installed)` : `native ${name}`,
    isMissing,
    run: (input, ...options) =>
      Uint8Array.from(
        execFileSync(name, ["-c", "-q", ...options], { input, maxBuffer: 2 ** 28, stdio: ["pipe", "pipe", "ignore"] }),
      ),
  };
}

function answers(name: string): boolean {
  try {
    execFileSync(name, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
