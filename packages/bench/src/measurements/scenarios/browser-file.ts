/** Verifying a file that a user picked in a cross-origin isolated page of Chromium: one thread against "auto". */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inMemoryFolder, writeCapture } from "../../captures/capture-file.js";
import { findChromium } from "../../processes/chromium.js";
import { ChromiumPage } from "../harness/chromium-page.js";
import { compare } from "../harness/compare.js";
import type { Finding } from "../harness/findings.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";
import { regionBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";

const MIB = 1024 * 1024;
const PAGES_PER_REGION = 4096;
const REGION_BYTES = PAGES_PER_REGION * 4096;
const QUICK_SIZE = 96;
/** MiB of the picked file, by part: `npm run bench -- browser-file --only 2GiB` measures one of them. */
const SIZES = { "256MiB": 256, "1GiB": 1024, "2GiB": 2048 } as const;
/** Larger files are verified in one series of rounds only, which takes a minute. */
const REPEATED_MIB = 256;

/** Sets `verify`, which resolves to seconds, verdict, and the number of threads that worked, for the picked file. */
const PROGRAM = `
import { initialise, verifyCapture } from "@memslice/msl";
initialise({ worker: "/worker.js" });
globalThis.verify = async (threads) => {
  const [file] = document.getElementById("file").files;
  const { verdict, threads: use, elapsedMs } = await verifyCapture(file, { threads });
  return { verdict, used: use.used, reason: use.reason?.message ?? "", seconds: elapsedMs / 1000 };
};
globalThis.ready = true;
`;

interface Verified {
  readonly verdict: string;
  readonly used: number;
  readonly reason: string;
  readonly seconds: number;
}

export const browserFile: Scenario = {
  name: "browser-file",
  summary: "verifying a picked file in Chromium, one thread against auto",
  run: Object.fromEntries(Object.entries(SIZES).map(([part, mib]) => [part, (options) => measured(mib, options)])),
};

/** A file of `mib` MiB; with `quick`, of one size for the smallest part alone. */
async function* measured(mib: number, options: ScenarioOptions): AsyncGenerator<Finding, void, undefined> {
  if (options.quick && mib !== SIZES["256MiB"]) return;
  const program = findChromium();
  if (program === undefined) {
    process.stderr.write("  left out: Chromium is not installed (Debian: apt-get install chromium)\n");
    return;
  }
  const { folder, remove } = inMemoryFolder();
  try {
    yield await oneSize(program, await pageScripts(), join(folder, "picked.msl"), options.quick ? QUICK_SIZE : mib, options);
  } finally {
    remove();
  }
}

async function oneSize(
  program: string,
  scripts: ReadonlyMap<string, string>,
  path: string,
  mib: number,
  { quick }: ScenarioOptions,
): Promise<Finding> {
  const shape = { regions: (mib * MIB) / REGION_BYTES, pagesPerRegion: PAGES_PER_REGION };
  writeCapture(path, syntheticCapture("regions", regionBlocks(shape)), (mib + 1) * MIB);
  const page = await ChromiumPage.open(program, scripts);
  try {
    await page.pick(path);
    const verify = async (threads: 1 | "auto") => (await page.evaluate(`verify(${JSON.stringify(threads)})`)) as Verified;
    const contender = (threads: 1 | "auto") => ({
      run: () => verify(threads),
      elsewhere: { time: (repeats: number) => meanSeconds(repeats, () => verify(threads)) },
    });
    return await compare<Verified>(
      {
        title: `verifying a picked file of ${mib} MiB in Chromium`,
        work: { amount: mib * MIB, unit: "bytes" },
        ours: { name: "threads auto", ...contender("auto") },
        peers: [{ name: "threads 1", ...contender(1), ...(!quick && { bar: { atLeast: 1 } }) }],
        check: ({ verdict, used, reason }) =>
          verdict !== "chain-ok+filehash-ok" ? `finds ${verdict}` : used > 1 || reason === "" ? undefined : reason,
      },
      { rounds: 6, attempts: quick || mib > REPEATED_MIB ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
    );
  } finally {
    await page.close();
  }
}

async function meanSeconds(repeats: number, verify: () => Promise<Verified>): Promise<number> {
  let seconds = 0;
  for (let run = 0; run < repeats; run++) seconds += (await verify()).seconds;
  return seconds / repeats;
}

/** The program of the page and the script of its workers, bundled as a user of esbuild does it. */
async function pageScripts(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL(".", import.meta.url)), sourcefile: "page.js" },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  const workers = await build({
    entryPoints: ["@memslice/msl/worker"],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  return new Map([
    ["page.js", outputFiles[0]?.text ?? ""],
    ["worker.js", workers.outputFiles[0]?.text ?? ""],
  ]);
}
