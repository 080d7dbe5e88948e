/** The report of `msl transcode` as text. */

import type {
  AddedBlock,
  AddressDifference,
  AddressView,
  ChangedBlock,
  LeftOut,
  TranscodeChange,
  TranscodeReport,
} from "@memslice/msl";
import { describeThreads } from "@memslice/msl";
import type { Channel } from "../output.js";
import { hanging, subjectLine } from "../terminal/columns.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

/** Ranges of addresses that are listed without --verbose. */
const RANGES_LISTED = 10;

/** Blocks that are named of a group of equal changes without --verbose; the others are counted. */
const PLACES_LISTED = 3;

/** Deviations of the end of a source that was cut off, or that cannot be read to its end. */
const DAMAGED_END: ReadonlySet<string> = new Set(["BLK-TRUNCATED", "BLK-FRAMING", "BLK-LENGTH"]);

const UNFINISHED_SOURCE =
  "The output has everything that the source has, but the source may lack something that was captured: it has no end";

export function transcodeText(source: string, target: string, report: TranscodeReport, output: Channel): string {
  const { header, blocks, unchanged, added, leftOut, unlisted, addresses, complete } = report;
  const lines = [
    subjectLine(
      safeText(source),
      `${report.source.dialectName}, ${counted(report.source.blocks, "blocks")}, ${byteText(report.source.size)}`,
      output,
    ),
    ...(report.source.integrity?.findings ?? []).map((finding) => hanging("  ", safeText(finding), output.width)),
    subjectLine(
      safeText(target),
      `${counted(report.output.blocks, "blocks")}, ${byteText(report.output.size)}, ${report.output.hashAlgoName}`,
      output,
    ),
    hanging("  FileHash ", `${report.output.fileHash}: record it outside the file`, output.width),
    ...(output.verbose ? [`  ${safeText(describeThreads(report.threads))}`] : []),
    ...section("Header and capture", header.map(sentence), output),
    ...section(
      `${counted(blocks.length + unlisted.blocks, "blocks")} changed, ${unchanged} not`,
      [...(output.verbose ? blocks.map(blockLine) : summaries(blocks)), ...more(unlisted.blocks)],
      output,
    ),
    ...section("Added", [...added.map(addedLine), ...more(unlisted.added)], output),
    ...section(
      "Left out",
      [...notSelected(leftOut), ...leftOut.filter((one) => !isSelection(one)).map(leftOutLine), ...more(unlisted.leftOut)],
      output,
    ),
    ...section("Addresses whose bytes or states changed", addressLines(addresses, output.verbose), output),
    complete
      ? output.style("green", "The output has everything that was captured and asked for")
      : output.style(
          "yellow",
          isOnlyUnfinished(report) ? UNFINISHED_SOURCE : "The output lacks something that was captured; see above",
        ),
    ...(report.output.conforming
      ? []
      : [output.style("yellow", "The output has blocks that do not conform to the specification")]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Whether the missing end of the source is the only reason why the output is not complete. */
function isOnlyUnfinished({ header, blocks, leftOut, unlisted, addresses }: TranscodeReport): boolean {
  const loses = ({ id }: TranscodeChange) => id === "dropped" || id === "pages-failed";
  return (
    header.some(({ lint }) => lint === "EOC-MISSING") &&
    !header.some((change) => loses(change) || (change.lint !== undefined && DAMAGED_END.has(change.lint))) &&
    !blocks.some(({ changes }) => changes.some(loses)) &&
    leftOut.length + addresses.length + unlisted.blocks === 0
  );
}

function section(title: string, entries: readonly string[], output: Channel): string[] {
  return entries.length === 0
    ? []
    : [output.style("bold", title), ...entries.map((entry) => hanging("  ", safeText(entry), output.width))];
}

function sentence({ lint, message }: TranscodeChange): string {
  return lint === undefined ? message : `${message} (${lint})`;
}

function blockLine({ source, changes }: ChangedBlock): string {
  return `block ${source.index} ${source.typeName} at ${source.offset}: ${changes.map(sentence).join("; ")}`;
}

/** One line for each block type and kind of change. */
function summaries(blocks: readonly ChangedBlock[]): string[] {
  const groups = new Map<string, { change: TranscodeChange; places: number[] }>();
  for (const { source, changes } of blocks) {
    for (const change of changes) {
      const key = `${source.typeName} ${change.id} ${change.lint ?? ""} ${change.field ?? ""}`;
      const group = groups.get(key);
      if (group) group.places.push(source.index);
      else groups.set(key, { change, places: [source.index] });
    }
  }
  return [...groups].map(([key, { change, places }]) => {
    const listed = places.slice(0, PLACES_LISTED).join(", ");
    const more = places.length > PLACES_LISTED ? ` and ${places.length - PLACES_LISTED} more` : "";
    const such = places.length > 1 ? "such as: " : "";
    return `${key.split(" ")[0]} ${listed}${more}: ${such}${sentence(change)}`;
  });
}

function addedLine({ output, typeName, message }: AddedBlock): string {
  return `block ${output.index} ${typeName}: ${message}`;
}

function isSelection({ reason }: LeftOut): boolean {
  return reason === "selection";
}

/** One line for each type of the blocks that were not selected. */
function notSelected(leftOut: readonly LeftOut[]): string[] {
  const counts = new Map<string, number>();
  for (const { typeName = "" } of leftOut.filter(isSelection)) counts.set(typeName, (counts.get(typeName) ?? 0) + 1);
  return [...counts].map(([typeName, count]) => `${count} ${typeName} not selected`);
}

/** A line for the entries that are above the bound of the report's lists. */
function more(count: number): string[] {
  return count === 0 ? [] : [`and ${counted(count, "more blocks")}, which the report counts and does not list`];
}

function leftOutLine({ index, typeName, offset, length, lint, message }: LeftOut): string {
  const subject = index === undefined ? "bytes" : `block ${index} ${typeName ?? ""}`;
  return `${subject} at ${offset}, ${counted(length, "bytes")}: ${message}${lint === undefined ? "" : ` (${lint})`}`;
}

function addressLines(addresses: readonly AddressDifference[], all: boolean): string[] {
  const listed = all ? addresses : addresses.slice(0, RANGES_LISTED);
  const more = addresses.length - listed.length;
  return [...listed.map(addressLine), ...(more > 0 ? [`and ${counted(more, "more ranges")}: see --verbose or --json`] : [])];
}

function addressLine({ start, end, before, after, selection, count }: AddressDifference): string {
  const difference =
    count === undefined ? `${viewText(before)}, now ${viewText(after)}` : `${counted(count, "ranges")} in various states`;
  return `${start}-${end}: ${difference}${selection ? " (its region was not selected)" : ""}`;
}

function viewText({ state, block }: AddressView): string {
  return block === undefined ? state : `${state} (block ${block})`;
}
