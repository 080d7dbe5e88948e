/** What the report of `msl capture` says about the host of an investigation. */
import type { InvestigationReport } from "@memslice/acquire";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";

/** The lines of the row `Host`. */
export function hostTexts(report: InvestigationReport): string[] {
  const { connections, connectionsWithoutProcess, otherSockets } = report;
  const others = otherSockets.map(({ kind, count }) => `${count} ${kind}`).join(", ");
  return [
    `calls itself ${safeText(report.kernelHostname)}`,
    `${counted(report.processes, "processes")}, ${counted(report.handles, "handles")}`,
    `${counted(connections, "connections")} in ${counted(report.networkNamespaces, "network namespaces")}, ${connectionsWithoutProcess} of them without a process`,
    `${counted(report.connectivity, "rows")} of network state`,
    ...(others === "" ? [] : [`sockets that the Connection Table has no code for: ${others}`]),
  ];
}

/** What could not be read, as sentences. */
export function gapTexts({ gaps }: InvestigationReport): string[] {
  return gaps.map(
    ({ source, reason, count }) => `Of the host, ${source} could not be read ${counted(count, "times")}: ${reason}`,
  );
}
