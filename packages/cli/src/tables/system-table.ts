/** The table of `msl system`: System Contexts. */
import type { Capture, SystemContextPayload } from "@memslice/msl";
import { ContentProblems, contentsOf } from "./block-payloads.js";
import type { Table, TableContent } from "./column.js";

export interface SystemRow {
  readonly block: number;
  /** Fields before the damage of a block that cannot be decoded. */
  readonly context: Partial<SystemContextPayload>;
}

export const SYSTEM: Table<SystemRow> = {
  name: "system",
  list: "systems",
  about:
    "The document of `msl system --json`: what the System Contexts say about the system and the acquisition. Texts are empty, and times in nanoseconds 0, if they are not known; `tableBitmap` has a bit for each table of the capture: 1 processes, 2 connections, 4 handles, 8 connectivity, and of memslicer 16 KernelSymbolBundle, 64 PersistenceManifest, 128 KernelModuleList and 512 TargetIntrospection. `uptimeNs` and `osVersion` are present in captures of old builds of MemDiver. A field that cannot be read is absent.",
  vertical: true,
  columns: [
    { name: "block", type: "count", value: ({ block }) => block, shown: "never" },
    { name: "hostname", type: "text", optional: true, value: ({ context }) => context.hostname },
    { name: "domain", type: "text", optional: true, value: ({ context }) => context.domain },
    { name: "osDetail", type: "text", optional: true, value: ({ context }) => context.osDetail },
    { name: "osVersion", type: "text", optional: true, value: ({ context }) => context.osVersion ?? undefined, shown: "ifAny" },
    {
      name: "bootTimeNs",
      type: "time",
      optional: true,
      value: ({ context }) => context.bootTimeNs,
      shown: { heading: "booted" },
    },
    { name: "uptimeNs", type: "decimal", optional: true, value: ({ context }) => context.uptimeNs ?? undefined, shown: "ifAny" },
    { name: "acqUser", type: "text", optional: true, value: ({ context }) => context.acqUser, shown: { heading: "operator" } },
    { name: "caseRef", type: "text", optional: true, value: ({ context }) => context.caseRef, shown: { heading: "case" } },
    {
      name: "targetCount",
      type: "count",
      optional: true,
      value: ({ context }) => context.targetCount,
      shown: { heading: "targets" },
    },
    {
      name: "tableBitmap",
      type: "count",
      optional: true,
      value: ({ context }) => context.tableBitmap,
      shown: { heading: "tables", text: tablesText },
    },
  ],
};

export async function systemRows(capture: Capture, signal: AbortSignal): Promise<TableContent<SystemRow>> {
  const rows: SystemRow[] = [];
  const problems = new ContentProblems(capture, "SystemContext");
  for await (const { block, payload, problem } of contentsOf(capture, "SystemContext", signal)) {
    problems.add(problem);
    if (payload) rows.push({ block, context: payload });
  }
  return { rows, problems: problems.sentences };
}

/** By the bits of `tableBitmap`. The specification assigns the first four; memslicer announces blocks of its own by others. */
const TABLES: Readonly<Record<number, string>> = {
  0: "processes",
  1: "connections",
  2: "handles",
  3: "connectivity",
  4: "KernelSymbolBundle of memslicer",
  6: "PersistenceManifest of memslicer",
  7: "KernelModuleList of memslicer",
  9: "TargetIntrospection of memslicer",
};

function tablesText({ context: { tableBitmap } }: SystemRow): string {
  if (tableBitmap === undefined) return "-";
  const others = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((tableBitmap >>> bit) & 1) === 1);
  return others.map((bit) => TABLES[bit] ?? `bit ${bit}`).join(", ") || "none";
}
