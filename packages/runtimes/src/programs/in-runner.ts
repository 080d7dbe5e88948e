/** Runs the checks inside a test of a test runner, which may lack `fetch`: samples come from files. */
import "./count-webassembly.js";
import "./hear-node-threads.js";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runList, type Samples, type Situation } from "./run-list.js";

export function runInRunner(packages: Parameters<typeof runList>[0], situation: Situation) {
  return runList(packages, situation, samplesIn(situation.folder));
}

function samplesIn(folder: string): Samples {
  return {
    names: async () =>
      readdirSync(folder)
        .filter((file) => file.endsWith(".msl"))
        .map((file) => file.slice(0, -".msl".length))
        .sort(),
    bytes: async (file) => new Uint8Array(readFileSync(join(folder, file))),
    json: async (file) => JSON.parse(readFileSync(join(folder, file), "utf8")),
  };
}
