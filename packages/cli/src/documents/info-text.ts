/** The output of `msl info` as text. */
import {
  type CaptureHead,
  codeName,
  type Deviation,
  describeSecret,
  type Encryption,
  HASH_ALGO,
  type Outcome,
} from "@memslice/msl";
import { withLimitOptions } from "../limit-option.js";
import type { Output } from "../output.js";
import { hanging } from "../terminal/columns.js";
import { byteText, counted, timeText } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import type { CaptureSummary } from "./capture-summary.js";
import { type CrossCheck, crossCheckLines, deviationLine } from "./cross-check.js";
import { investigationRows } from "./investigation-summary.js";
import { threadsText } from "./threads-summary.js";
import { warningsOfHead } from "./warnings.js";

const LABEL_WIDTH = 14;
const OUTCOME_COLOR = { intact: "green", altered: "red", incomplete: "yellow" } as const;

export interface Integrity {
  readonly outcome: Outcome;
  /** The verdict, then one sentence per finding. */
  readonly sentences: readonly string[];
}

/** Yields one line at a time: a capture decides how many regions are unreadable. */
export function* infoTexts(
  file: string,
  summary: CaptureSummary,
  crossCheck: CrossCheck | undefined,
  integrity: Integrity | undefined,
  output: Output,
): Generator<string, void, undefined> {
  yield `${output.style("bold", safeText(file))}\n`;
  for (const row of infoRows(summary, crossCheck, output)) yield `${rowLine(row, output)}\n`;
  for (const line of integrityLines(integrity, output)) yield `${line}\n`;
}

function* infoRows(summary: CaptureSummary, crossCheck: CrossCheck | undefined, output: Output): Generator<Row, void, undefined> {
  yield* processRows(summary);
  yield* captureRows(summary);
  yield* investigationRows(summary.investigation);
  yield* encryptionRows(summary.encryption, false);
  yield* memoryRows(summary);
  for (const { message } of summary.warnings) yield ["Warning", message];
  yield* deviationRows(summary.deviations, output.verbose);
  for (const line of crossCheck ? crossCheckLines(crossCheck) : []) yield ["Deviation", line];
}

/** The header of an encrypted capture without its key. */
export function lockedText(file: string, { header, encryption, deviations, size }: CaptureHead, output: Output): string {
  const rows: Row[] = [
    ["Process", `pid ${header.pid}`],
    ["System", `${header.osTypeName}, ${header.archTypeName}`],
    ["Acquired", timeText(header.timestampNs)],
    ["Capture", `${header.dumpUuid}, ${byteText(size)}, MSL ${header.versionMajor}.${header.versionMinor}`],
    ...encryptionRows(encryption, true),
    ...warningsOfHead({ header, deviations }).map(({ message }): Row => ["Warning", message]),
    ...deviationRows(deviations, output.verbose),
  ];
  return `${output.style("bold", safeText(file))}\n${rows.map((row) => rowLine(row, output)).join("\n")}\n`;
}

/** On a terminal, a long value goes on below its first line. */
function rowLine([label, value]: Row, { style, width }: Output): string {
  const heading = `  ${label.padEnd(LABEL_WIDTH)}`;
  return `  ${style(label === "Warning" ? "yellow" : "bold", label.padEnd(LABEL_WIDTH))}${hanging(heading, safeText(value), width).slice(heading.length)}`;
}

function encryptionRows(encryption: Encryption | null, locked: boolean): Row[] {
  if (!encryption) return [];
  const { kdfTime, kdfMemoryKiB, kdfLanes, secret, encAlgoName } = encryption;
  const argon2 = ` (Argon2id: time ${kdfTime}, memory ${byteText(kdfMemoryKiB * 1024)}, lanes ${kdfLanes})`;
  const rows: Row[] = [
    ["Encryption", `${encAlgoName}, opened by ${describeSecret(encryption)}${secret === "passphrase" ? argon2 : ""}`],
  ];
  if (locked) rows.push(["Locked", "no key was given: the values shown here are not authenticated"]);
  return rows;
}

type Row = readonly [label: string, value: string];

function processRows({ process, header }: CaptureSummary): Row[] {
  if (!process) return [["Process", `pid ${header.pid} (no Process Identity block)`]];
  const rows: Row[] = [
    [
      "Process",
      `pid ${header.pid}  ${process.exePath || "(path unknown)"}  (parent ${process.ppid || "unknown"})${process.salvaged ? " (salvaged)" : ""}`,
    ],
  ];
  if (process.cmdLine !== "") rows.push(["Command line", process.cmdLine]);
  if (process.startTimeNs !== 0n) rows.push(["Started", timeText(process.startTimeNs)]);
  return rows;
}

function captureRows({ header, dialect, size, blocks, acqEndNs }: CaptureSummary): Row[] {
  const writer = `${dialect.name}${dialect.enriched ? ", enriched" : ""}`;
  return [
    ["System", `${header.osTypeName}, ${header.archTypeName}`],
    ["Acquired", `${timeText(header.timestampNs)}${acqEndNs === null ? "" : ` to ${timeText(acqEndNs)}`}`],
    [
      "Capture",
      `${header.dumpUuid}, ${byteText(size)}, ${counted(blocks, "blocks")}, MSL ${header.versionMajor}.${header.versionMinor}, ${codeName(HASH_ALGO, header.hashAlgo)}`,
    ],
    ["Written by", writer],
  ];
}

function* memoryRows({ modules, regions, threads }: CaptureSummary): Generator<Row, void, undefined> {
  yield ["Modules", String(modules)];
  if (threads) yield ["Threads", threadsText(threads)];
  yield ["Regions", `${regions.count} (${byteText(Number(regions.bytes))} of address space)`];
  yield ["Pages", `${regions.captured} captured${lacking(regions)}, ${regions.failed} failed, ${regions.unmapped} unmapped`];
  yield* missingRows(regions);
  for (const { block, problem } of regions.unreadable)
    yield ["Unreadable", `region in block ${block.index}: ${withLimitOptions(problem.message)}`];
}

function lacking({ missing }: CaptureSummary["regions"]): string {
  return missing === 0 ? "" : ` (${missing} of them ${missing === 1 ? "lacks" : "lack"} bytes)`;
}

/** The rows about captured pages whose bytes the capture does not have. */
function missingRows({ incomplete, problems }: CaptureSummary["regions"]): Row[] {
  const rows = problems.map(({ block, lint, problem }): Row => ["Incomplete", `region in block ${block}: ${lint}: ${problem}`]);
  if (incomplete > problems.length) rows.push(["Incomplete", counted(incomplete - problems.length, "more regions")]);
  return rows;
}

/** With --verbose one row for each deviation; without it, one row with the ids of the deviations. */
function deviationRows(deviations: readonly Deviation[], verbose: boolean): Row[] {
  if (verbose) return deviations.map((deviation): Row => ["Deviation", deviationLine(deviation)]);
  const ids = [...new Set(deviations.map(({ id }) => id))];
  return ids.length === 0 ? [] : [["Deviations", ids.join(", ")]];
}

function integrityLines(integrity: Integrity | undefined, output: Output): string[] {
  if (!integrity) return [];
  const [verdict = "", ...findings] = integrity.sentences;
  const heading = " ".repeat(LABEL_WIDTH + 2);
  const texts = [verdict, ...findings].map((text) => hanging(heading, safeText(text), output.width).slice(heading.length));
  return texts.map((text, i) =>
    i === 0
      ? `  ${output.style("bold", "Integrity".padEnd(LABEL_WIDTH))}${output.style(OUTCOME_COLOR[integrity.outcome], text)}`
      : `${heading}${text}`,
  );
}
