/**
 * Asks the memory of a capture, and prints the answer, the milliseconds that it took from the opened capture on, and its own peak memory. Arguments: path,
 * question (`copying`: that of entropy with a kernel that copies; or the name of one of EXPRESSIONS), threads, and a list of patterns for `many`. Throws an `Error` if not all memory was looked at.
 */
import { readFileSync } from "node:fs";
import {
  entropy,
  findKeys,
  type Memory,
  parsePatterns,
  regexPattern,
  search,
  startThreadsAhead,
  strings,
  textPattern,
} from "@memslice/analysis";
import { openCapture } from "@memslice/msl";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { copyInsteadOfCounting } from "../peers/copying-histogram.js";
import { EXPRESSIONS, NEEDLE } from "../workloads/haystack.js";

const [path = "", question = "", asked, patterns = ""] = process.argv.slice(2);
const threads = Number(asked);
const PAGE_BYTES = 4096;

/** The answer is the number of findings, or what `of` makes of a batch, sorted. */
interface Asked<Batch> {
  readonly findings: AsyncIterable<Batch> & { readonly coverage: { readonly complete: boolean; readonly searched: bigint } };
  count(batch: Batch): number;
  names?(batch: Batch): readonly string[];
}

const list = <T>(findings: Asked<readonly T[]>["findings"], name?: (finding: T) => string): Asked<readonly T[]> => ({
  findings,
  count: ({ length }) => length,
  ...(name && { names: (batch) => batch.map(name) }),
});

async function answerOf<Batch>({ findings, count, names }: Asked<Batch>): Promise<string> {
  let found = 0;
  const named: string[] = [];
  for await (const batch of findings) {
    found += count(batch);
    named.push(...(names?.(batch) ?? []));
  }
  if (!findings.coverage.complete) throw new Error(`Of ${path}, only ${findings.coverage.searched} bytes were looked at`);
  return names ? named.sort().join(",") : String(found);
}

/** How many pages the question about entropy finds. */
function pagesOf(memory: Memory): Promise<string> {
  return answerOf({ findings: entropy(memory, { threads }), count: ({ addresses }) => addresses.length });
}

async function ask(memory: Memory): Promise<string> {
  switch (question) {
    case "search":
      return answerOf(list(search(memory, [textPattern(NEEDLE)], { threads })));
    case "many":
      return answerOf(list(search(memory, parsePatterns(readFileSync(patterns, "utf8")), { threads })));
    case "strings":
      return answerOf(list(strings(memory, { minimum: 6, encodings: ["ascii"], threads })));
    case "entropy":
      return pagesOf(memory);
    case "copying": {
      const copied = copyInsteadOfCounting();
      const pages = await pagesOf(memory);
      if (copied.bytes !== Number(pages) * PAGE_BYTES) throw new Error(`Of ${pages} pages, ${copied.bytes} bytes were copied`);
      return pages;
    }
    case "keys": {
      const keys = findKeys(memory, { kinds: ["aes"], everyByte: true, showSecrets: true, threads });
      return answerOf(list(keys, ({ secret }) => Buffer.from(secret ?? []).toString("hex")));
    }
  }
  const expression = Object.entries(EXPRESSIONS).find(([name]) => name === question)?.[1];
  if (expression === undefined) throw new TypeError(`There is no question ${question}`);
  return answerOf(list(search(memory, [regexPattern(expression)], { threads })));
}

startThreadsAhead({ threads });
const capture = await openCapture(path);
const start = performance.now();
const answer = await ask(capture.memory);
const milliseconds = performance.now() - start;
await capture.close();
process.stdout.write(`${answer}\n${milliseconds}\n${ownPeakBytes()}\n`);
