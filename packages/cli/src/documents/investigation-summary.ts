/** What `msl info` says about the system, the operator, the case, and which tables the capture has. */
import type { Capture } from "@memslice/msl";
import { countEntries } from "../tables/block-payloads.js";
import { rowJson } from "../tables/column.js";
import { SYSTEM, type SystemRow, systemRows } from "../tables/system-table.js";

/** The tables by the commands that print them, with the number of their rows. */
type TableCounts = Readonly<Record<"processes" | "connections" | "handles" | "keys", number>>;

export interface InvestigationSummary {
  readonly systems: readonly SystemRow[];
  readonly tables: TableCounts;
}

export async function investigationSummary(capture: Capture, signal: AbortSignal): Promise<InvestigationSummary> {
  return {
    systems: (await systemRows(capture, signal)).rows,
    tables: {
      processes: await countEntries(capture, "ProcessTable", signal),
      connections: await countEntries(capture, "ConnectionTable", signal),
      handles: await countEntries(capture, "HandleTable", signal),
      keys: (await capture.keyHints(signal)).length,
    },
  };
}

/** The members of `msl.info/1`. */
export function investigationJson({ systems, tables }: InvestigationSummary) {
  return { systems: systems.map((row) => rowJson(SYSTEM.columns, row)), tables };
}

/** A row for each fact that the capture has. */
export function investigationRows({ systems, tables }: InvestigationSummary): (readonly [label: string, value: string])[] {
  const rows: [string, string][] = [];
  for (const { context } of systems) {
    const { hostname = "", domain = "", osDetail = "", acqUser = "", caseRef = "" } = context;
    const host = [domain === "" ? hostname : `${hostname} (${domain})`, osDetail].filter((text) => text !== "");
    if (host.length > 0) rows.push(["Host", host.join(", ")]);
    if (acqUser !== "") rows.push(["Operator", acqUser]);
    if (caseRef !== "") rows.push(["Case", caseRef]);
  }
  const listed = Object.entries(tables).filter(([, count]) => count > 0);
  if (listed.length > 0) rows.push(["Tables", listed.map(([name, count]) => `${name} ${count}`).join(", ")]);
  return rows;
}
