/** Runs of page-state maps against a loop over the pages. */
import { defaultCore, pageRunBatches } from "@memslice/core-wasm";
import { type Comparison, compare } from "../harness/compare.js";
import type { Finding } from "../harness/findings.js";
import { naivePageRuns } from "../peers/naive-page-runs.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";
import { type PageMap, pageMaps } from "../workloads/page-maps.js";

/** 16 GiB of memory in 4 KiB pages, described by a map of 1 MiB. */
const PAGES = 4 * 1024 * 1024;

/** The least ratios to the naive loop: 90 % of the ratios measured with a prototype, 237 / 0.7, 1.0 / 0.16 and 21.7 / 0.7 G pages/s. */
const AT_LEAST: Readonly<Record<string, number>> = {
  "all captured": 304,
  random: 5.6,
  "runs of about 1000": 27.9,
};

/** Batches of runs, each a start and a state. */
type RunBatches = readonly { readonly starts: ArrayLike<number>; readonly states: ArrayLike<number> }[];

export const pageMap: Scenario = {
  name: "page-map",
  summary: "runs of page-state maps, against a loop over the pages",
  run: pageRuns,
};

async function* pageRuns({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const pace = {
    rounds: quick ? 6 : 21,
    attempts: quick ? 1 : 3,
    warmUpSeconds: quick ? 0.1 : 1,
    leadInSeconds: quick ? 0.02 : 0.1,
    sampleSeconds: quick ? 0.03 : 0.1,
  };
  for (const made of pageMaps(PAGES)) {
    const { memory } = defaultCore();
    const address = memory.acquire(made.map.length);
    memory.view(address, made.map.length).set(made.map);
    // The view is made in every run: growth of the memory detaches earlier views.
    yield await compare(
      comparison(made, () => memory.view(address, made.map.length)),
      pace,
    );
    memory.release(address, made.map.length);
  }
}

function comparison({ name, map, pages, starts, states }: PageMap, resident: () => Uint8Array): Comparison<RunBatches> {
  return {
    title: `runs of a page-state map, ${name}: ${pages} pages, ${starts.length} runs`,
    work: { amount: pages, unit: "pages" },
    ours: { name: "memslice pageRunBatches, map in linear memory", run: () => [...pageRunBatches(resident(), pages)] },
    peers: [
      { name: "loop over the pages", run: () => [naivePageRuns(map, pages)], bar: { atLeast: AT_LEAST[name] ?? 1 } },
      { name: "memslice pageRunBatches, map copied in", run: () => [...pageRunBatches(map, pages)] },
    ],
    check: (batches) => difference(batches, starts, states),
  };
}

function difference(batches: RunBatches, starts: Uint32Array, states: Uint8Array): string | undefined {
  let index = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.starts.length; i++, index++) {
      if (batch.starts[i] !== starts[index] || batch.states[i] !== states[index]) return `is wrong about run ${index}`;
    }
  }
  return index === starts.length ? undefined : `finds ${index} runs, not ${starts.length}`;
}
