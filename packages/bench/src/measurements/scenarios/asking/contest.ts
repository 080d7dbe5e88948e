/** Questions to the memory of a capture in the page cache, against native programs over the same bytes as a raw file. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inMemoryFolder } from "../../../captures/capture-file.js";
import { bareNodePeak, peakOf } from "../../../processes/peak-memory.js";
import { compare } from "../../harness/compare.js";
import type { Bar, Finding } from "../../harness/findings.js";
import { quartiles } from "../../harness/statistics.js";
import type { ScenarioOptions } from "../../scenario.js";
import { type EXPRESSIONS, type Haystack, writeHaystack } from "../../workloads/haystack.js";

export const MIB = 1024 * 1024;
const FULL_MIB = 1024;
const QUICK_MIB = 64;
const ASK_MEMORY = fileURLToPath(new URL("../../children/ask-memory.js", import.meta.url));
const MSL = join(dirname(createRequire(import.meta.url).resolve("@memslice/cli/package.json")), "dist", "main.js");
const PEAKS = 3;
const ROUNDS = 9;
const FEWEST_ROUNDS = 6;

/**
 * The environment of ours and of the peers. With NODE_EXTRA_CA_CERTS, Node parses certificates before it begins with any program: some 60 ms for those of a
 * system, which only some machines have to do.
 */
const { NODE_EXTRA_CA_CERTS: _certificates, ...own } = process.env;
const ENVIRONMENT = { ...own, LC_ALL: "C" };

/** A question, and the native programs that answer it. */
export interface Contest {
  readonly question: "search" | "many" | "strings" | "entropy" | "keys" | keyof typeof EXPRESSIONS;
  readonly title: string;
  readonly peers: readonly NativePeer[];
  /** Threads of ours, and the bar for each peer, in their order. */
  readonly ours: readonly { readonly threads: number; readonly bars: readonly (Bar | undefined)[] }[];
  /** What is to be found; without it, ours and the peers must agree. */
  expected?(haystack: Haystack): string;
  /** The operands and options of a command of `msl` that prints the answer, too. */
  command?(haystack: Haystack): readonly string[];
  /** Whether one run of a peer takes many seconds. */
  readonly isSlow?: boolean;
  /** Default 1,024. */
  readonly mebibytes?: number;
}

interface NativePeer {
  readonly program: string;
  args(haystack: Haystack): readonly string[];
  /** The arguments that are named in results. */
  readonly named: string;
  /** The Debian package. */
  readonly debian: string;
  /** The answer in the output. */
  answer(output: Buffer): string;
}

/** The number that a program prints. */
export const printedNumber = (output: Buffer) => String(Number(output.toString()));

/** The number of lines that a program prints. */
export function printedLines(output: Buffer): string {
  let lines = 0;
  for (let at = output.indexOf(10); at >= 0; at = output.indexOf(10, at + 1)) lines++;
  return String(lines);
}

/** Writes a haystack, and yields the findings of all contests. The speed bars apply to 1 GiB: with less memory, starting the process dominates. */
export async function* held(contest: Contest, { quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const place = inMemoryFolder();
  try {
    const haystack = await writeHaystack(place.folder, MIB * (quick ? QUICK_MIB : (contest.mebibytes ?? FULL_MIB)));
    const bare = bareNodePeak();
    for (const { threads, bars } of contest.ours) {
      if (contest.peers.length > 0) yield* timed(contest, haystack, { threads, bars: quick ? [] : bars, quick });
      yield peakAboveBareNode(contest, haystack, threads, bare);
    }
  } finally {
    place.remove();
  }
}

interface Round {
  readonly threads: number;
  readonly bars: readonly (Bar | undefined)[];
  readonly quick: boolean;
}

/** The whole process, the question alone, and the command, each against every peer. */
async function* timed(contest: Contest, haystack: Haystack, { threads, bars, quick }: Round): AsyncGenerator<Finding> {
  const { question, title, peers, command } = contest;
  const ask = () => askMemory(haystack.capture, question, threads, haystack.patterns);
  const right = contest.expected?.(haystack) ?? ask().answer;
  const counted = countOf(threads);
  // A peer that finds something else is shown with what it finds, and without a ratio.
  const each = /^\d+$/.test(right) ? `, ${right} found by each` : "";
  const against = (part: string, ours: Ours) =>
    compare(
      {
        title: `${title} in ${haystack.size / MIB} MiB, ${counted}, ${part}${each}`,
        work: { amount: haystack.size, unit: "bytes" },
        ours,
        peers: peers.map((peer, i) => {
          const bar = bars[i];
          return { name: `${nameOf(peer)}, raw file`, run: () => answerOf(peer, haystack), ...(bar && { bar }) };
        }),
        check: (found) => (found === right ? undefined : `finds ${shortened(found)}, expected ${shortened(right)}`),
      },
      {
        rounds: quick || contest.isSlow ? FEWEST_ROUNDS : ROUNDS,
        attempts: 1,
        warmUpSeconds: 0,
        leadInSeconds: 0,
        sampleSeconds: 0,
      },
    );
  yield await against("whole process", { name: "memslice, capture", run: () => ask().answer });
  if (quick || contest.isSlow) return;
  yield await against("the question alone", {
    name: "memslice, opened capture",
    run: () => ask().answer,
    elsewhere: { time: meanSeconds(ask) },
  });
  if (!command) return;
  const args = [MSL, ...command(haystack), "--threads", String(threads), "--quiet"];
  yield await against("the command", {
    name: `msl ${question}`,
    run: () => printedNumber(execFileSync(process.execPath, args, { env: ENVIRONMENT, stdio: ["ignore", "pipe", "pipe"] })),
  });
}

/** Asks a question of ask-memory.ts in a process of its own. `seconds`: of the question alone, from the opened capture on. */
export function askMemory(
  capture: string,
  question: string,
  threads: number,
  patterns = "",
): { readonly answer: string; readonly seconds: number } {
  const printed = execFileSync(process.execPath, [ASK_MEMORY, capture, question, String(threads), patterns], {
    env: ENVIRONMENT,
  });
  const [answer = "", milliseconds] = printed.toString().split("\n");
  return { answer, seconds: Number(milliseconds) / 1000 };
}

/** Mean seconds over `repeats` questions. */
export function meanSeconds(ask: () => { readonly seconds: number }): (repeats: number) => Promise<number> {
  return async (repeats) => {
    let seconds = 0;
    for (let i = 0; i < repeats; i++) seconds += ask().seconds / repeats;
    return seconds;
  };
}

interface Ours {
  readonly name: string;
  readonly run: () => string;
  readonly elsewhere?: { time(repeats: number): Promise<number> };
}

function answerOf({ program, args, answer }: NativePeer, haystack: Haystack): string {
  const output = execFileSync(program, args(haystack), {
    env: ENVIRONMENT,
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return answer(output);
}

/** Such as `grep (GNU grep) 3.8, grep -c -a -F`. */
function nameOf({ program, debian, named }: NativePeer): string {
  const call = `${program} ${named}`.trim();
  try {
    const printed = execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    const [first = program] = printed.split("\n", 1);
    return `${first}, ${call}`;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing ? `${call} (not installed: Debian package ${debian})` : call;
  }
}

function shortened(answer: string): string {
  return answer.length > 100 ? `${answer.slice(0, 100)}…` : answer;
}

function countOf(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

function peakAboveBareNode({ question, title }: Contest, haystack: Haystack, threads: number, bare: number): Finding {
  const args = [ASK_MEMORY, haystack.capture, question, String(threads), haystack.patterns];
  const peaks = Array.from({ length: PEAKS }, () => peakOf(args));
  return {
    kind: "figure",
    title: `peak memory of ${title} in ${haystack.size / MIB} MiB, ${countOf(threads)}, above bare Node`,
    value: (quartiles(peaks).median - bare) / MIB,
    unit: "MiB",
    bar: { atMost: 100 },
  };
}
