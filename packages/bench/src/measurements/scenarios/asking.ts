/** Search and strings as whole processes, over a capture in the page cache, against native programs over the same bytes as a raw file. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inMemoryFolder } from "../../captures/capture-file.js";
import { bareNodePeak, peakOf } from "../../processes/peak-memory.js";
import { compare } from "../harness/compare.js";
import type { Bar, Finding } from "../harness/findings.js";
import { quartiles } from "../harness/statistics.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";
import { type Haystack, NEEDLE, writeHaystack } from "../workloads/haystack.js";

const MIB = 1024 * 1024;
const FULL_BYTES = 1024 * MIB;
const QUICK_BYTES = 64 * MIB;
const ASK_MEMORY = fileURLToPath(new URL("../children/ask-memory.js", import.meta.url));
const PEAKS = 3;

/** A question, and the native programs that answer it. */
interface Contest {
  readonly question: "search" | "strings";
  readonly title: string;
  readonly peers: readonly NativePeer[];
  /** Threads of ours, and the bar for each peer, in their order. */
  readonly ours: readonly { readonly threads: number; readonly bars: readonly (Bar | undefined)[] }[];
}

interface NativePeer {
  readonly program: string;
  readonly args: readonly string[];
  /** The Debian package. */
  readonly debian: string;
  /** Whether the program prints the findings instead of their number. */
  readonly lists: boolean;
}

const SEARCH: Contest = {
  question: "search",
  title: "search for fixed bytes",
  peers: [
    { program: "grep", args: ["-c", "-a", "-F", NEEDLE], debian: "grep", lists: false },
    { program: "rg", args: ["-a", "-c", "-F", NEEDLE], debian: "ripgrep", lists: false },
  ],
  ours: [
    { threads: 1, bars: [] },
    { threads: 2, bars: [{ atLeast: 1 }, { atLeast: 0.6 }] },
    { threads: 4, bars: [] },
  ],
};

const STRINGS: Contest = {
  question: "strings",
  title: "strings of 6 characters of ASCII or more",
  peers: [{ program: "strings", args: ["-n", "6"], debian: "binutils", lists: true }],
  ours: [
    { threads: 1, bars: [{ atLeast: 3 }] },
    { threads: 2, bars: [{ atLeast: 5 }] },
  ],
};

/** The speed bars apply to 1 GiB: with less memory, starting the process dominates. */
export const search: Scenario = {
  name: "search",
  summary: "search for bytes in the memory of a capture, against grep and ripgrep",
  run: (options) => contest(SEARCH, options),
};

export const strings: Scenario = {
  name: "strings",
  summary: "strings in the memory of a capture, against GNU strings",
  run: (options) => contest(STRINGS, options),
};

async function* contest(each: Contest, { quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const place = inMemoryFolder();
  try {
    const haystack = await writeHaystack(place.folder, quick ? QUICK_BYTES : FULL_BYTES);
    const expected = each.question === "search" ? haystack.needles : undefined;
    const bare = bareNodePeak();
    for (const { threads, bars } of each.ours) {
      yield await timed(each, haystack, { threads, bars: quick ? [] : bars, expected, quick });
      yield peakAboveBareNode(each, haystack, threads, bare);
    }
  } finally {
    place.remove();
  }
}

interface Contender {
  readonly threads: number;
  readonly bars: readonly (Bar | undefined)[];
  /** The number of findings; without it, what ours and the peers find must agree. */
  readonly expected: number | undefined;
  readonly quick: boolean;
}

async function timed(
  { question, title, peers }: Contest,
  { capture, raw, size }: Haystack,
  { threads, bars, expected, quick }: Contender,
): Promise<Finding> {
  const ask = () =>
    Number(
      execFileSync(process.execPath, [ASK_MEMORY, capture, question, String(threads)])
        .toString()
        .split("\n", 1)[0],
    );
  const right = expected ?? ask();
  return compare(
    {
      title: `${title} in ${size / MIB} MiB, ${threads === 1 ? "1 thread" : `${threads} threads`}, whole process`,
      work: { amount: size, unit: "bytes" },
      ours: { name: "memslice, capture", run: ask },
      peers: peers.map((peer, i) => {
        const bar = bars[i];
        return { name: `${nameOf(peer)}, raw file`, run: () => findingsOf(peer, raw), ...(bar && { bar }) };
      }),
      check: (found) => (found === right ? undefined : `finds ${found}, expected ${right}`),
    },
    { rounds: quick ? 6 : 9, attempts: 1, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
  );
}

function findingsOf({ program, args, lists }: NativePeer, path: string): number {
  const output = execFileSync(program, [...args, path], {
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (!lists) return Number(output.toString());
  let lines = 0;
  for (let at = output.indexOf(10); at >= 0; at = output.indexOf(10, at + 1)) lines++;
  return lines;
}

/** Such as `grep (GNU grep) 3.8`. */
function nameOf({ program, debian, args }: NativePeer): string {
  const options = args.filter((arg) => arg !== NEEDLE).join(" ");
  try {
    const [first = program] = execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n", 1);
    return `${first}, ${program} ${options}`;
  } catch {
    return `${program} ${options} (not installed: Debian package ${debian})`;
  }
}

function peakAboveBareNode({ question, title }: Contest, { capture, size }: Haystack, threads: number, bare: number): Finding {
  const peaks = Array.from({ length: PEAKS }, () => peakOf([ASK_MEMORY, capture, question, String(threads)]));
  const value = (quartiles(peaks).median - bare) / MIB;
  const counted = threads === 1 ? "1 thread" : `${threads} threads`;
  return {
    kind: "figure",
    title: `peak memory of ${title} in ${size / MIB} MiB, ${counted}, above bare Node`,
    value,
    unit: "MiB",
    bar: { atMost: 100 },
  };
}
