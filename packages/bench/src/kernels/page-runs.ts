/** Runs of a page-state map against a loop over the pages. */
import { pageRunBatches } from "@memslice/core-wasm";
import { naivePageRuns } from "../peers/naive-page-runs.js";
import { pageMaps } from "../workloads/page-maps.js";
import type { Kernel } from "./kernel.js";
import { resident } from "./resident.js";

const PAGES = 256 * 1024;

export const pageRunsKernel: Kernel = {
  id: "page-runs",
  title: `runs of a page-state map, ${PAGES} pages in runs of about 1000`,
  work: { amount: PAGES, unit: "pages" },
  peerIsAlike: false,
  input() {
    const { map } = pageMaps(PAGES).find(({ name }) => name === "runs of about 1000") ?? { map: new Uint8Array(PAGES / 4) };
    return map;
  },
  ours(input) {
    const map = resident(input);
    const run = () => [...pageRunBatches(map(), PAGES)];
    const runs = () => run().flatMap(({ starts, states }) => Array.from(starts, (start, i) => `${start} ${states[i]}`));
    return { name: "memslice pageRunBatches", run, result: () => runs().join() };
  },
  peer(input) {
    const run = () => naivePageRuns(input, PAGES);
    const runs = ({ starts, states }: ReturnType<typeof run>) => starts.map((start, i) => `${start} ${states[i]}`);
    return { name: "loop over the pages", run, result: () => runs(run()).join() };
  },
};
