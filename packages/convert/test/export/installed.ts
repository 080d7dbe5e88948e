/** Programs that tests compare with. `.ci/run` installs them: in CI a missing program is an error, elsewhere its tests are left out. */
import { execFileSync, spawnSync } from "node:child_process";

/** Whether all of these are there. */
export function areInstalled(...programs: readonly string[]): boolean {
  for (const program of programs) {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    } catch {
      if (process.env["CI"]) throw new Error(`${program} is not installed: .ci/run installs it`);
      return false;
    }
  }
  return true;
}

/** What a program prints. A program that fails throws, with what it printed on standard error. */
export function printed(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

/** What a program prints on both streams, whether it fails or not. */
export function attempted(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  return `${stdout}\n${stderr}`;
}
