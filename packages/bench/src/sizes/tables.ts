/** The costs of `npm run sizes` as tables in Markdown. */
import type { Cost, Costs } from "./costs.js";

/** `names`: of the checkouts, in the order of the values. */
export function tablesOf(names: readonly string[], { bundles, imports, packages }: Costs): string {
  const sections = [
    table("Bundle, minified, KB gzipped with WebAssembly", [...names, "budget"], bundles, true),
    table("Import in a fresh process of Node, ms, the shortest", names, imports, false),
    table("Package, KB", names, packages, false),
  ];
  return `${sections.join("\n\n")}\n`;
}

function table(title: string, columns: readonly string[], costs: readonly Cost[], hasBudget: boolean): string {
  const rows = costs.map((cost) => [
    cost.title,
    ...cost.values.map((value) => shown(value)),
    ...(hasBudget ? [cost.atMost === undefined ? "" : String(cost.atMost)] : []),
  ]);
  const lines = [[title, ...columns], ["---", ...columns.map(() => "---:")], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function shown(value: number | null): string {
  return value === null ? "" : value.toFixed(1);
}
