import { type CaptureInput, MslError, type MslErrorCode } from "@memslice/msl";
import type { LintFinding, Linting, LintLevel, LintSummary } from "@memslice/msl/lint";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import { FindingLines, lintSummaryText, ruleText } from "../documents/lint-text.js";
import { ExitStatus, statusOfError } from "../exit-status.js";
import { forEachCapture } from "../for-each-file.js";
import { HASHING_OPTIONS, hashingOptions, oneOf } from "../options.js";
import { forgetKeys, keysGiven } from "../secrets/key-options.js";
import { withSuggestion } from "../suggestion.js";
import { hanging } from "../terminal/columns.js";
import { Progress } from "../terminal/progress.js";
import { safeText } from "../terminal/safe-text.js";

const LEVELS: readonly LintLevel[] = ["error", "warning", "info"];
const { strict: _, ...OPEN_LENIENTLY } = OPEN_OPTIONS;

export const lint: Command = {
  name: "lint",
  summary: "list every departure from the specification, and what it means",
  operands: "FILE...",
  options: {
    level: {
      type: "string",
      value: "LEVEL",
      words: LEVELS,
      help: `the least grave findings to list: ${LEVELS.join(", ")} (default)`,
    },
    explain: {
      type: "string",
      value: "ID",
      words: async () => ["all", ...(await import("@memslice/msl/lint")).lintRules().map(({ id }) => id)],
      help: "explain a lint id, or all of them (`all`); reads no file",
    },
    ...HASHING_OPTIONS,
    json: { type: "boolean", help: "one JSON document (msl.lint/1)" },
    ndjson: { type: "boolean", help: "one JSON object per finding and line, then one with the counts of the file" },
    ...OPEN_LENIENTLY,
  },
  details: [
    "Examines the header, all blocks, the relations between them, and the hashes. Reads each file twice, in constant memory.",
    "error: breaks a MUST of the specification. warning: a SHOULD, or a known dialect. info: information.",
    "Of each id the first findings are listed and the others counted; -v lists all of them.",
    "Of an encrypted file without its key, the header is examined.",
    "Exit status: 0 no finding of LEVEL or graver, 1 findings, or authentication failed, 3 not readable, 4 no such finding, but not",
    "everything could be examined.",
  ],
  examples: [
    ["msl lint evidence.msl", "lists every departure from the specification."],
    ["msl lint --level error evidence.msl", "lists only what breaks a MUST."],
    ["msl lint --explain INT-CHAIN", "says what an id means."],
  ],
  run: async (invocation) => {
    const { explain, level } = invocation.options;
    if (explain !== undefined) return explainRules(String(explain), invocation);
    const least = oneOf(LEVELS, level, "--level") ?? "info";
    return forEachCapture("lint", invocation, (file, input) => lintFile(file, input, least, invocation), OUTCOMES);
  },
};

const OUTCOMES = {
  [ExitStatus.Done]: "without findings",
  [ExitStatus.Finding]: "with findings",
  [ExitStatus.Incomplete]: "not examined as a whole",
};

async function explainRules(id: string, { files, output }: Invocation): Promise<ExitStatus> {
  if (files.length > 0) throw new MslError("usage", "--explain reads no file: leave the operands out");
  const { lintRule, lintRules } = await import("@memslice/msl/lint");
  const rule = lintRule(id.toUpperCase());
  const rules = id === "all" ? lintRules() : rule ? [rule] : [];
  if (rules.length === 0) {
    const known = lintRules().map((one) => one.id);
    const sentence = `There is no lint id ${JSON.stringify(id)}`;
    throw new MslError("usage", withSuggestion(sentence, { word: id.toUpperCase(), known }, "msl lint --explain all"));
  }
  if (output.format === "text") await output.write(rules.map((one) => ruleText(one, output)).join("\n"));
  else await output.json({ schema: "msl.lint/1", rules });
  return ExitStatus.Done;
}

async function lintFile(file: string, input: CaptureInput, level: LintLevel, invocation: Invocation): Promise<ExitStatus> {
  const { options, output } = invocation;
  const { lintCapture } = await import("@memslice/msl/lint");
  const keys = await keysGiven(invocation, file);
  // Data that is printed to the same terminal shows the progress already.
  const progress = new Progress(safeText(file), output.quiet || process.stdout.isTTY === true);
  const { strict: _, ...opening } = openOptions(invocation);
  const onProgress = ({ bytesDone, bytesTotal }: { readonly bytesDone: number; readonly bytesTotal: number }) =>
    progress.reached(bytesDone, bytesTotal);
  try {
    const linting = lintCapture(input, { ...opening, ...hashingOptions(options), keys, level, onProgress });
    if (output.format === "text") await printText(file, linting, invocation);
    else await printJson(file, level, linting, invocation);
    return statusOf(linting.summary, level);
  } finally {
    progress.done();
    forgetKeys(keys);
  }
}

async function printText(file: string, linting: Linting, { output, signal }: Invocation): Promise<void> {
  const lines = new FindingLines(output);
  await output.line(output.style("bold", safeText(file)));
  for await (const findings of linting) {
    for (const finding of findings) for (const line of lines.of(finding)) await output.line(line);
    if (!(await output.goesOn(signal))) return;
  }
  for (const line of lines.rest()) await output.line(line);
  await output.line(hanging("  ", lintSummaryText(linting.summary), output.width));
  const { obstacle } = linting.summary;
  if (obstacle) await output.failure("lint", file, obstacle);
}

async function printJson(file: string, level: LintLevel, linting: Linting, { output, signal }: Invocation): Promise<void> {
  const head = { schema: "msl.lint/1", file, level };
  if (output.format === "json") {
    const last = (failed: boolean) => ({ ...summaryJson(linting.summary), ...(failed ? { complete: false } : {}) });
    await output.jsonList(head, { name: "findings", entries: findingsOf(linting), jsonOf: (finding) => finding, last, signal });
  } else {
    for await (const finding of findingsOf(linting)) {
      if (!(await output.goesOn(signal))) return;
      await output.json({ ...head, finding }, signal);
    }
    await output.json({ ...head, ...summaryJson(linting.summary) }, signal);
  }
  const { obstacle } = linting.summary;
  if (obstacle) output.note(`${file}: ${obstacle.message}`);
}

async function* findingsOf(linting: Linting): AsyncGenerator<LintFinding, void, undefined> {
  for await (const findings of linting) yield* findings;
}

function summaryJson({ counts, ids, blocks, size, verdict, obstacle }: LintSummary) {
  const error = obstacle && {
    code: obstacle.code,
    message: obstacle.message,
    ...(obstacle.offset === undefined ? {} : { offset: obstacle.offset }),
  };
  return {
    counts,
    ids: Object.fromEntries(ids),
    blocks,
    size,
    verdict,
    complete: obstacle === null,
    ...(error ? { error } : {}),
  };
}

/** Obstacles in spite of which a part of the capture was examined. */
const PARTLY_EXAMINED: ReadonlySet<MslErrorCode> = new Set<MslErrorCode>([
  "missing-key",
  "unsupported-encryption",
  "unsupported-hash",
]);

function statusOf({ counts, obstacle }: LintSummary, level: LintLevel): ExitStatus {
  if (obstacle && !PARTLY_EXAMINED.has(obstacle.code)) return statusOfError(obstacle);
  if (LEVELS.slice(0, LEVELS.indexOf(level) + 1).some((one) => counts[one] > 0)) return ExitStatus.Finding;
  return obstacle ? ExitStatus.Incomplete : ExitStatus.Done;
}
