import type { AlignMode, Difference } from "@memslice/analysis";
import { type Capture, MslError, type Place, shownAddress } from "@memslice/msl";
import { numberOption } from "../asking/ask-captures.js";
import { compareCaptures } from "../asking/compare-captures.js";
import { type Command, type Invocation, OPEN_OPTIONS, openOptions } from "../command.js";
import {
  DIFFERENCE_HEADING,
  differenceJson,
  differenceLine,
  sidesOf,
  summaryJson,
  summaryLines,
} from "../documents/difference-text.js";
import { placeJson, placeText } from "../documents/place-text.js";
import { ExitStatus, statusOfError } from "../exit-status.js";
import { withRandomAccess } from "../for-each-file.js";
import { findingLimit, ROW_LIMIT_OPTION } from "../limit-option.js";
import { HASHING_OPTIONS, oneOf, threadsOf } from "../options.js";
import {
  forgetOptionKeys,
  keysGiven,
  keysIfEncrypted,
  OTHER_KEY_OPTIONS,
  otherKeys,
  sharesSecret,
} from "../secrets/key-options.js";
import { wrapped } from "../terminal/columns.js";
import { Progress } from "../terminal/progress.js";
import { safeJson, safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

const ALIGNS: readonly (AlignMode | "auto")[] = ["auto", "address", "module"];
const MOST_GAP = 1023;

export const compare: Command = {
  name: "compare",
  summary: "show what changed between two captures",
  operands: "A B",
  options: {
    align: {
      type: "string",
      value: "HOW",
      words: ALIGNS,
      help: "address: bytes at one address belong together; module: bytes at one place of a module; auto (default): module if one has moved",
    },
    gap: {
      type: "string",
      value: "N",
      help: "join changed bytes with at most N equal ones between them, 0 to 1023 (default 16)",
    },
    count: { type: "boolean", short: "c", help: "print only the summary" },
    threads: HASHING_OPTIONS.threads,
    json: { type: "boolean", help: "one JSON document (msl.compare/1)" },
    ndjson: { type: "boolean", help: "the summary, then one JSON object per difference and line" },
    ...OPEN_OPTIONS,
    ...ROW_LIMIT_OPTION,
    ...OTHER_KEY_OPTIONS,
  },
  details: [
    "First the summary, then a line for each difference in the order of addresses in A: bytes that both captured and that differ, memory that only one",
    "has or whose state changed, regions, modules, and what could not be aligned. `=` stands for the same address in B.",
    "`reprotected` is memory whose protection changed, be it a part of a region: rw- -> r-x where code was unpacked or injected.",
    "Options for keys are those of both captures, unless one for B is given. A plain B needs none, also if A has one: a note says so. A plain A beside an",
    "encrypted B takes its key by an option for B.",
    "--limit N lists the first N differences; the summary counts all of them.",
    "Exit status: 0 the same, 1 different, or not authenticated, 4 no difference was found, but not everything could be compared, or a file was changed meanwhile.",
  ],
  examples: [
    ["msl compare before.msl after.msl", "what changed, the summary first."],
    ["msl compare before.msl after.msl | grep reprotected", "memory whose protection changed."],
    ["msl compare a.msl b.msl --align module --count", "counts of changes between two runs whose modules moved."],
  ],
  run: compareFiles,
};

async function compareFiles(invocation: Invocation): Promise<ExitStatus> {
  const { files, options, output, signal } = invocation;
  const [a, b, ...others] = files;
  if (a === undefined || b === undefined || others.length > 0) {
    throw new MslError("usage", "msl compare needs two files, A and B; see: msl help compare");
  }
  const gap = numberOption("gap", options["gap"], 0, MOST_GAP);
  const threads = threadsOf(options["threads"]);
  const request = {
    ...{ align: oneOf(ALIGNS, options["align"], "--align") ?? "auto", ...(gap !== undefined && { gap }) },
    ...{ limit: findingLimit(options), threads, signal },
  };
  const invocationOfB = { ...invocation, options: otherKeys(options) };
  const isShared = sharesSecret(options);
  /** The file that is being opened, for messages. */
  let opening: string | undefined = shownAddress(a);
  let printer: ComparisonPrinter | undefined;
  try {
    return await withOpened(a, invocation, keysGiven, (first) => {
      opening = shownAddress(b);
      return withOpened(b, invocationOfB, isShared ? keysIfEncrypted : keysGiven, async (second) => {
        opening = undefined;
        if (isShared && !second.encryption) output.note(`${shownAddress(b)}: not encrypted, so the key authenticates only A`);
        const progress = new Progress(`${safeText(shownAddress(a))} -> ${safeText(shownAddress(b))}`, output.quiet);
        const compared = await compareCaptures(first, second, {
          ...request,
          ...(progress.isShown && { onProgress: progress.update }),
        }).finally(() => progress.done());
        printer = new ComparisonPrinter({ a: shownAddress(a), b: shownAddress(b) }, first, second, invocation);
        await printer.print(compared);
        const { different, complete } = compared.summary;
        return different ? ExitStatus.Finding : complete ? ExitStatus.Done : ExitStatus.Incomplete;
      });
    });
  } catch (error) {
    // A reader that has gone away is told by the frame of all commands.
    if (!(error instanceof MslError) || error.code === "sink") throw error;
    if (opening !== undefined || !printer?.isInList) await output.failure("compare", opening, error);
    else await printer.fail(error);
    // Not the status of "different": what was compared is not to be trusted.
    return statusOfError(error);
  } finally {
    await forgetOptionKeys(invocationOfB.options);
  }
}

function withOpened<T>(
  operand: string,
  invocation: Invocation,
  keysOf: typeof keysGiven,
  use: (capture: Capture) => Promise<T>,
): Promise<T> {
  return withRandomAccess(operand, invocation, (input) =>
    withCapture(shownAddress(operand), input, invocation, openOptions(invocation), use, keysOf),
  );
}

type Compared = Awaited<ReturnType<typeof compareCaptures>>;

class ComparisonPrinter {
  readonly #files: { readonly a: string; readonly b: string };
  readonly #captures: { readonly a: Capture; readonly b: Capture };
  readonly #invocation: Invocation;
  #separator = "\n";
  /** The list of differences in a JSON document has begun, and not ended. */
  isInList = false;

  constructor(files: { readonly a: string; readonly b: string }, a: Capture, b: Capture, invocation: Invocation) {
    this.#files = files;
    this.#captures = { a, b };
    this.#invocation = invocation;
  }

  async print({ summary, count, differences }: Compared): Promise<void> {
    const { output, options, signal } = this.#invocation;
    const lists = options["count"] !== true;
    await output.requireUnchanged();
    const head = safeJson({ ...this.#head, summary: summaryJson(summary), count });
    if (output.format === "text") {
      const verdict = summary.different
        ? output.style("yellow", "different")
        : summary.complete
          ? output.style("green", "the same")
          : output.style("yellow", "no difference found, but not everything could be compared");
      const { a, b } = this.#files;
      const line = `${safeText(a)} -> ${safeText(b)}: ${verdict} (aligned by ${summary.align})`;
      await output.line(wrapped(line, (output.lineWidth ?? Number.POSITIVE_INFINITY) - 2).join("\n  "));
      for (const line of summaryLines(summary, output.lineWidth)) await output.line(line);
      if (lists && count > 0) await output.line(output.style("bold", DIFFERENCE_HEADING));
    } else await output.write(output.format === "json" && lists ? `${head.slice(0, -1)},"differences":[` : `${head}\n`);
    if (!lists) return;
    this.isInList = output.format === "json";
    const { Places } = await import("@memslice/analysis");
    const places = { a: Places.of(this.#captures.a, signal), b: Places.of(this.#captures.b, signal) };
    for await (const batch of differences) {
      for (const difference of batch) {
        if (!(await output.goesOn(signal))) return;
        const { a, b } = sidesOf(difference);
        const place = a === undefined ? await places.b.at([b ?? 0n]) : await places.a.at([a]);
        await output.write(this.#textOf(difference, place[0] ?? { address: a ?? b ?? 0n }));
      }
    }
    if (this.isInList) {
      await output.requireUnchanged();
      await output.write("\n]}\n");
    }
    this.isInList = false;
    const limit = findingLimit(options);
    if (output.format === "text" && count > limit) output.note(`${limit} of ${count} differences, at the limit`);
  }

  /** Reports an error, and ends the document with it. */
  async fail(error: MslError): Promise<void> {
    const { output } = this.#invocation;
    await output.write(`\n],${safeJson(output.complaint(undefined, error)).slice(1)}\n`);
  }

  get #head() {
    return { schema: "msl.compare/1", fileA: this.#files.a, fileB: this.#files.b };
  }

  #textOf(difference: Difference, place: Place): string {
    const { format, lineWidth } = this.#invocation.output;
    if (format === "text") return `${differenceLine(difference, placeText(place), lineWidth)}\n`;
    const { address: _, ...where } = placeJson(place);
    const row = differenceJson(difference, { ...where, ...(place.region && { regionType: place.region.head.regionTypeName }) });
    if (format === "ndjson") return `${safeJson({ ...this.#head, ...row })}\n`;
    const text = `${this.#separator}${safeJson(row)}`;
    this.#separator = ",\n";
    return text;
  }
}
