/** What is measured of one bundler: which checks pass in its results, which threads start, and how large the results are. */
import { join } from "node:path";
import type { CheckResult, Facility } from "../checks/check.js";
import { withChild } from "../launch/child.js";
import { answerOfPage, CHROMIUM, checksOfPage } from "../launch/chromium.js";
import { SAMPLES_FOLDER, serveEvidence } from "../launch/evidence-server.js";
import { bundle, gzippedSize } from "./bundle.js";
import type { Bundler } from "./bundlers.js";
import type { UserProject } from "./user-project.js";

export interface Measured {
  /** The checks in each situation. */
  readonly runs: readonly (readonly CheckResult[])[];
  /** The sentence with which loading is refused, if it is. */
  readonly refused?: string;
  /** Kilobytes, gzipped, of a program that reads and verifies: loaded by a page for a plain capture, and all that the bundler emits. */
  readonly loaded?: number;
  readonly emitted?: number;
}

const PLAIN: readonly Facility[] = ["workers", "delayed timers"];
const ISOLATED: readonly Facility[] = [...PLAIN, "shared memory"];
const PROCESS: readonly Facility[] = ["files", "workers", "shared memory"];

/** In a page, and in a cross-origin isolated one. */
export async function measurePage(project: UserProject, bundler: Bundler): Promise<Measured> {
  const chromium = CHROMIUM.program;
  if (chromium === undefined) throw new Error("Chromium is not installed on this machine");
  const { installation } = project;
  const site = await bundle(project, bundler, "bundled-page");
  const server = await serveEvidence(installation.folder, { site });
  const runs: CheckResult[][] = [];
  try {
    for (const facilities of [PLAIN, ISOLATED]) {
      const isolated = facilities === ISOLATED;
      const page = { name: `${bundler.name} ${isolated}`, path: "", isolated, facilities };
      runs.push(await checksOfPage(chromium, { installation, server }, page));
    }
  } finally {
    server.close();
  }
  return { runs, ...(await sizesOfPage(project, bundler, chromium)) };
}

async function sizesOfPage(project: UserProject, bundler: Bundler, chromium: string): Promise<Omit<Measured, "runs">> {
  const { installation } = project;
  const site = await bundle(project, bundler, "reading");
  const server = await serveEvidence(installation.folder, { site });
  try {
    const verdict = await answerOfPage(chromium, { installation, server }, "reading", "");
    if (verdict !== "chain-ok+filehash-ok") throw new Error(`${bundler.name}: ${JSON.stringify(verdict)}`);
    return { loaded: gzippedSize(site, server.sent), emitted: gzippedSize(site) };
  } finally {
    server.close();
  }
}

/** In a process of the bundler's runtime, default Node. */
export async function measureProcess(project: UserProject, bundler: Bundler): Promise<Measured> {
  const { installation } = project;
  const { entry = "", runtime = process.execPath } = bundler;
  const output = await bundle(project, bundler, "bundled-process");
  const server = await serveEvidence(installation.folder);
  try {
    const situation = JSON.stringify({ server: server.origin, folder: SAMPLES_FOLDER, facilities: PROCESS });
    const script = join(output, entry);
    const [program, ...parameters] = /\.[cm]?js$/.test(entry) ? [runtime, script, situation] : [script, situation];
    const run = await withChild(program, parameters, { cwd: output, env: { ...process.env, NO_COLOR: "1" } }, async (child) => {
      await new Promise<void>((resolve) => child.process.on("close", () => resolve()));
      return JSON.parse(child.said.out) as CheckResult[];
    });
    const emitted = gzippedSize(await bundle(project, bundler, "reading"));
    return { runs: [run], ...(emitted > 0 ? { emitted } : {}) };
  } finally {
    server.close();
  }
}
