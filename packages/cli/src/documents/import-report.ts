/** The report of `msl import`, as text and as a JSON document. */
import type { ImportReport } from "@memslice/convert";
import { ARCH_TYPE, type CodeTable, codeName, OS_TYPE } from "@memslice/msl";
import type { Channel } from "../output.js";
import { hanging, subjectLine } from "../terminal/columns.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

const STATES = ["captured", "failed", "unmapped"] as const;

/** A code by its name, or as it is. */
function nameOf(table: CodeTable, code: string | number): string {
  return typeof code === "number" ? codeName(table, code) : code;
}

export function importText(file: string, target: string, report: ImportReport, output: Channel): string {
  const { words, pid, regions, modules, threads, pages, assumed, lost, damaged } = report;
  const known = { system: nameOf(OS_TYPE, report.osType), architecture: nameOf(ARCH_TYPE, report.archType) };
  const [os, arch] = Object.entries(known).map(([name, value]) => (value === "unknown" ? `${name} unknown` : value));
  const process = pid === 0 ? "process unknown" : `process ${pid}`;
  const counts = [counted(regions, "regions"), counted(modules, "modules"), counted(threads, "threads"), byteText(report.size)];
  const states = STATES.map(
    (state) => `${counted(pages[state].pages, "pages")} ${state} (${byteText(Number(pages[state].bytes))})`,
  );
  const lines = [
    subjectLine(safeText(file), `${words}, ${byteText(Number(report.sourceSize))}, ${os}, ${arch}, ${process}`, output),
    ...(report.sourceSha256 === null ? [] : [`  SHA-256 ${report.sourceSha256}`]),
    subjectLine(safeText(target), counts.join(", "), output),
    hanging("  ", states.join(", "), output.width),
    hanging("  FileHash ", `${report.fileHash}: record it outside the file`, output.width),
    ...section("Assumed", assumed, output),
    ...section("Without a place in a capture", lost, output),
    ...section(output.style("yellow", "The dump is damaged or was cut off"), damaged, output),
  ];
  return `${lines.join("\n")}\n`;
}

function section(title: string, sentences: readonly string[], { width }: Channel): string[] {
  return sentences.length === 0 ? [] : [title, ...sentences.map((sentence) => hanging("  ", safeText(sentence), width))];
}

export function importJson(file: string, report: ImportReport) {
  const { osType, archType, sourceSize, timestampNs, pages, ...rest } = report;
  const counts = STATES.map((state) => [state, { pages: pages[state].pages, bytes: String(pages[state].bytes) }]);
  return {
    schema: "msl.import/1",
    file,
    ...rest,
    ...{ osType: nameOf(OS_TYPE, osType), archType: nameOf(ARCH_TYPE, archType) },
    ...{ sourceSize: String(sourceSize), timestampNs: String(timestampNs), pages: Object.fromEntries(counts) },
  };
}
