/** The rows of docs/bundlers.md, and how each one is measured. */
import { bundlersForNode, bundlersForPages } from "./bundlers.js";
import { bundlersForEdge, measureEdge } from "./edge.js";
import { type Measured, measurePage, measureProcess } from "./measure.js";
import { measureRunner, runners } from "./runners.js";
import type { UserProject } from "./user-project.js";

export type Table = "pages" | "processes" | "edge" | "runners";

export interface Row {
  readonly table: Table;
  readonly name: string;
  /** What a project needs besides the import; empty if nothing. */
  readonly needs: string;
  /** The statement that names the script of the workers; empty if none is needed. */
  readonly line: string;
  /** Throws an `Error` if the row cannot be measured. */
  measure(project: UserProject): Promise<Measured>;
}

export function rows(): readonly Row[] {
  return [
    ...rowsOf("pages", bundlersForPages(), measurePage),
    ...rowsOf("processes", bundlersForNode(), measureProcess),
    ...rowsOf("edge", bundlersForEdge(), measureEdge),
    ...rowsOf("runners", runners(), measureRunner),
  ];
}

function rowsOf<Tool extends Pick<Row, "name" | "needs"> & { readonly line?: string }>(
  table: Table,
  tools: readonly Tool[],
  measure: (project: UserProject, tool: Tool) => Promise<Measured>,
): Row[] {
  return tools.map((tool) => ({
    table,
    name: tool.name,
    needs: tool.needs,
    line: tool.line ?? "",
    measure: (project) => measure(project, tool),
  }));
}
