/** Node, Bun and Deno, which run the same program. */
import { join } from "node:path";
import type { CheckResult, Facility } from "../checks/check.js";
import { withChild } from "./child.js";
import { SAMPLES_FOLDER } from "./evidence-server.js";
import { npmBinary } from "./npm-binary.js";
import type { Ground, Runtime } from "./runtime.js";

const FACILITIES: readonly Facility[] = ["files", "workers", "shared memory", "yara"];

export const NODE: Runtime = {
  name: "Node",
  facilities: FACILITIES,
  program: process.execPath,
  run: (program, ground) => runProgram(program, [], ground),
};

export const BUN: Runtime = {
  name: "Bun",
  facilities: FACILITIES,
  program: npmBinary("bun", "bin/bun", "bin/bun.exe"),
  run: (program, ground) => runProgram(program, ["run", "--no-install"], ground),
};

export const DENO: Runtime = {
  name: "Deno",
  facilities: FACILITIES,
  program: npmBinary("deno", "deno", "deno"),
  // Only the permissions that the checks of paths and URLs need.
  run: (program, ground) => {
    const reading = [ground.installation.folder, SAMPLES_FOLDER, "/nothing"].join(",");
    const host = new URL(ground.server.origin).host;
    const permissions = [`--allow-read=${reading}`, `--allow-net=${host}`, "--no-prompt", "--cached-only"];
    return runProgram(program, ["run", ...permissions], ground);
  },
};

async function runProgram(program: string, parameters: readonly string[], ground: Ground): Promise<CheckResult[]> {
  const { folder } = ground.installation;
  const situation = { server: ground.server.origin, folder: SAMPLES_FOLDER, facilities: FACILITIES };
  const all = [...parameters, join(folder, "programs", "process.js"), JSON.stringify(situation)];
  const env = { ...process.env, DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  return withChild(program, all, { cwd: folder, env }, async (child) => {
    await new Promise<void>((resolve) => child.process.on("close", () => resolve()));
    return JSON.parse(child.said.out);
  });
}
