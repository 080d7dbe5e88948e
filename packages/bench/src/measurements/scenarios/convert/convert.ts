/**
 * A sparse ELF core as a capture, and the capture as an ELF core again, against cp; and a core without holes. The bar is cp that writes all bytes, as a file system without holes
 * has it. What import and export write has holes where the file sink finds zeros; cp that keeps holes is shown beside it: it skips those of its source by
 * SEEK_HOLE, which Node cannot ask for, so the import reads and hashes all bytes. Each program begins with its source in the page cache.
 */
import { bareNodePeak } from "../../../processes/peak-memory.js";
import type { Finding } from "../../harness/findings.js";
import { quartiles } from "../../harness/statistics.js";
import type { Scenario, ScenarioOptions } from "../../scenario.js";
import { CoreFiles, type CoreSize } from "./core-files.js";

const MIB = 2 ** 20;
const FULL = { gib: 20, dataGib: 1.25, rounds: 3 } as const;
const QUICK = { gib: 1, dataGib: 0.25, rounds: 3 } as const;
const DENSE = { gib: 4, dataGib: 4, rounds: 3 } as const;
const QUICK_DENSE = { gib: 0.5, dataGib: 0.5, rounds: 3 } as const;
/** MiB above bare Node, and the speed without the hashes that the formats demand against that of cp. */
const MEMORY_BAR = { atMost: 100 } as const;
const SPEED_BAR = { atLeast: 0.8 } as const;

export const convert: Scenario = {
  name: "convert",
  summary: "import of a sparse ELF core and export as an ELF core, against cp",
  run: { memory, speed, dense },
};

function* memory({ quick }: ScenarioOptions): Generator<Finding> {
  const size = quick ? QUICK : FULL;
  yield* withFiles(size, function* (files) {
    const above = (peak: number) => (peak - bareNodePeak()) / MIB;
    const imports = Math.max(...(["digest", "plain"] as const).map((digest) => files.imported(digest).peak));
    const title = (what: string) => `${sizeText(size)}: peak of the ${what} above bare Node`;
    yield { kind: "figure", title: title("import"), value: above(imports), unit: "MiB", bar: MEMORY_BAR };
    yield { kind: "figure", title: title("export"), value: above(files.exported().peak), unit: "MiB", bar: MEMORY_BAR };
  });
}

function* speed({ quick }: ScenarioOptions): Generator<Finding> {
  const size = quick ? QUICK : FULL;
  yield* withFiles(size, function* (files) {
    const runs = Array.from({ length: size.rounds }, () => ({
      ...importRound(files),
      kept: files.copied(files.core, "auto"),
      capture: files.copied(files.capture, "never"),
      exported: files.exported(),
    }));
    const median = (of: (run: (typeof runs)[number]) => number) => quartiles(runs.map(of)).median;
    const what = sizeText(size);
    yield* importFindings(what, runs, SPEED_BAR);
    yield { kind: "figure", title: `${what}: cp, which keeps the holes`, value: median((run) => run.kept), unit: "s" };
    const capture = median((run) => run.capture);
    const exported = median((run) => run.exported.seconds);
    yield { kind: "figure", title: `${what}: cp --sparse=never of its capture`, value: capture, unit: "s" };
    yield { kind: "figure", title: `${what}: the export of its capture, which hashes nothing`, value: exported, unit: "s" };
    const title = "speed of the export, against cp of the capture";
    yield { kind: "figure", title, value: capture / exported, unit: "x", bar: SPEED_BAR };
  });
}

/** Without holes: cp and the import write the same bytes. */
function* dense({ quick }: ScenarioOptions): Generator<Finding> {
  const size = quick ? QUICK_DENSE : DENSE;
  yield* withFiles(size, function* (files) {
    const runs = Array.from({ length: size.rounds }, () => importRound(files));
    yield* importFindings(sizeText(size), runs, undefined);
  });
}

function importRound(files: CoreFiles) {
  return { core: files.copied(files.core, "never"), digest: files.imported("digest"), plain: files.imported("plain") };
}

type ImportRound = ReturnType<typeof importRound>;

function* importFindings(what: string, runs: readonly ImportRound[], bar: typeof SPEED_BAR | undefined): Generator<Finding> {
  const median = (of: (run: ImportRound) => number) => quartiles(runs.map(of)).median;
  const core = median((run) => run.core);
  yield { kind: "figure", title: `${what}: cp --sparse=never`, value: core, unit: "s" };
  for (const [way, words] of [
    ["digest", "the import"],
    ["plain", "the import without the digest of the dump"],
  ] as const) {
    const seconds = median((run) => run[way].seconds);
    yield { kind: "figure", title: `${what}: ${words}`, value: seconds, unit: "s" };
    yield { kind: "figure", title: `${what}: speed of ${words}, against cp`, value: core / seconds, unit: "x" };
    const apart = median((run) => Math.max(0.001, run[way].seconds - run[way].hashing));
    const title = `${what}: speed of ${words}, with hashing left out, against cp`;
    yield { kind: "figure", title, value: core / apart, unit: "x", ...(bar && { bar }) };
  }
}

function sizeText({ gib, dataGib }: CoreSize): string {
  return `core of ${gib} GiB, ${dataGib === gib ? "all" : `${dataGib} GiB`} of it data`;
}

function* withFiles(size: CoreSize, measure: (files: CoreFiles) => Generator<Finding>): Generator<Finding> {
  const files = new CoreFiles(size);
  try {
    yield* measure(files);
  } finally {
    files.remove();
  }
}
