/** The states of very many pages in random states, against the kernel that finds their runs. */
import { defaultCore, pageRunBatches } from "@memslice/core-wasm";
import { PageStates } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import type { ScenarioOptions } from "../../scenario.js";
import { type PageMap, randomPageMap } from "../../workloads/page-maps.js";
import { smallPace } from "./each-block.js";

/** 64 GiB of memory in 4 KiB pages, described by a map of 4 MiB. */
const PAGES = 16 * 1024 * 1024;
const QUICK_PAGES = 1024 * 1024;
/** The most time that `runBatches` may take, in times of that of the kernel. */
const RUN_BATCHES_MOST = 2;

interface Batch {
  readonly count: number;
  readonly starts: ArrayLike<number>;
  readonly states: ArrayLike<number>;
}

/** The number of runs, and the last run of each batch: its number, its first page and its state. */
interface TakenRuns {
  readonly runs: number;
  readonly last: readonly (readonly [run: number, start: number, state: number])[];
}

export async function* pageStates({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const made = randomPageMap(quick ? QUICK_PAGES : PAGES);
  const { map, pages } = made;
  const { memory } = defaultCore();
  const address = memory.acquire(map.length);
  memory.view(address, map.length).set(map);
  const states = new PageStates(map, pages);
  yield await compare<TakenRuns>(
    {
      title: `states of ${pages} pages in random states, ${made.starts.length} runs`,
      work: { amount: pages, unit: "pages" },
      ours: { name: "memslice PageStates.runBatches", run: () => taken(states.runBatches()) },
      peers: [
        {
          name: "the kernel, memslice pageRunBatches, map in linear memory",
          bar: { atLeast: 1 / RUN_BATCHES_MOST },
          // The view is made in every run: growth of the memory detaches earlier views.
          run: () => taken(pageRunBatches(memory.view(address, map.length), pages, { reservedAs: "reserved" })),
        },
        { name: "memslice PageStates.runs, an object for each run", run: () => counted(states) },
      ],
      check: (found) => difference(found, made),
    },
    smallPace(quick),
  );
  memory.release(address, map.length);
}

function taken(batches: Iterable<Batch>): TakenRuns {
  const last: [number, number, number][] = [];
  let runs = 0;
  for (const { count, starts, states } of batches) {
    runs += count;
    last.push([runs - 1, starts[count - 1] ?? -1, states[count - 1] ?? -1]);
  }
  return { runs, last };
}

function counted(states: PageStates): TakenRuns {
  let runs = 0;
  for (const _ of states.runs()) runs++;
  return { runs, last: [] };
}

function difference({ runs, last }: TakenRuns, { starts, states }: PageMap): string | undefined {
  if (runs !== starts.length) return `finds ${runs} runs, not ${starts.length}`;
  const wrong = last.find(([run, start, state]) => starts[run] !== start || states[run] !== state);
  return wrong && `is wrong about run ${wrong[0]}`;
}
