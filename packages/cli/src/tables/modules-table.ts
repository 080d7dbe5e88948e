/** The table of `msl modules`. */
import type { Capture, Module } from "@memslice/msl";
import { hexText } from "../terminal/hex-text.js";
import { byteText } from "../terminal/quantity-text.js";
import { problemsOf } from "./block-payloads.js";
import type { Table, TableContent } from "./column.js";

export const MODULES: Table<Module> = {
  name: "modules",
  list: "modules",
  about:
    "The document of `msl modules --json`: the modules of the process. `size` in bytes. `block` is the index of the Module Entry, absent for a module that only the Module List Index names; `version` and `diskHash` (of the module's file, by the hash algorithm of the capture) are absent if they are not known.",
  columns: [
    { name: "base", type: "address", value: ({ baseAddr }) => baseAddr },
    {
      name: "size",
      type: "decimal",
      value: ({ moduleSize }) => moduleSize,
      shown: { text: ({ moduleSize }) => byteText(Number(moduleSize)) },
    },
    { name: "version", type: "text", optional: true, value: ({ entry }) => entry?.version || undefined, shown: "ifAny" },
    { name: "diskHash", type: "text", optional: true, value: ({ entry }) => hashOf(entry?.diskHash), shown: "never" },
    { name: "block", type: "count", optional: true, value: ({ block }) => block?.index, shown: "never" },
    { name: "salvaged", type: "boolean", value: ({ salvaged }) => salvaged, shown: "ifAny" },
    { name: "path", type: "text", value: ({ path }) => path },
  ],
};

export async function moduleRows(capture: Capture, signal: AbortSignal): Promise<TableContent<Module>> {
  const rows = await capture.modules(signal);
  return { rows, problems: await problemsOf(capture, ["ModuleEntry", "ModuleListIndex"], signal) };
}

function hashOf(hash: Uint8Array | undefined): string | undefined {
  return hash?.some((byte) => byte !== 0) ? hexText(hash) : undefined;
}
