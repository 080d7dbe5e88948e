/** The commands of `msl`, in the groups and the order of its help. A command is loaded when it is called. */
import type { Command } from "./command.js";

export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

export interface CommandGroup {
  /** The question that the commands answer. */
  readonly title: string;
  readonly commands: readonly CommandEntry[];
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: "What is this, is it intact?",
    commands: [
      { name: "info", load: async () => (await import("./commands/info.js")).info },
      { name: "verify", load: async () => (await import("./commands/verify.js")).verify },
      { name: "lint", load: async () => (await import("./commands/lint.js")).lint },
    ],
  },
  {
    title: "What is in it?",
    commands: [
      { name: "blocks", load: async () => (await import("./commands/blocks.js")).blocks },
      { name: "dump", load: async () => (await import("./commands/dump.js")).dump },
      { name: "maps", load: async () => (await import("./commands/maps.js")).maps },
      { name: "modules", load: async () => (await import("./commands/modules.js")).modules },
      { name: "threads", load: async () => (await import("./commands/threads.js")).threads },
      { name: "processes", load: async () => (await import("./commands/processes.js")).processes },
      { name: "connections", load: async () => (await import("./commands/connections.js")).connections },
      { name: "handles", load: async () => (await import("./commands/handles.js")).handles },
      { name: "system", load: async () => (await import("./commands/system.js")).system },
      { name: "keys", load: async () => (await import("./commands/keys.js")).keys },
    ],
  },
  {
    title: "What does memory say?",
    commands: [
      { name: "hexdump", load: async () => (await import("./commands/hexdump.js")).hexdump },
      { name: "read", load: async () => (await import("./commands/read.js")).read },
      { name: "search", load: async () => (await import("./commands/search.js")).search },
      { name: "strings", load: async () => (await import("./commands/strings.js")).strings },
      { name: "scan", load: async () => (await import("./commands/scan.js")).scan },
      { name: "entropy", load: async () => (await import("./commands/entropy.js")).entropy },
      { name: "pointers", load: async () => (await import("./commands/pointers.js")).pointers },
      { name: "compare", load: async () => (await import("./commands/compare.js")).compare },
    ],
  },
  {
    title: "Take one",
    commands: [{ name: "capture", load: async () => (await import("./commands/capture.js")).capture }],
  },
  {
    title: "Make something of it",
    commands: [
      { name: "extract", load: async () => (await import("./commands/extract.js")).extract },
      { name: "transcode", load: async () => (await import("./commands/transcode.js")).transcode },
      { name: "repair", load: async () => (await import("./commands/repair.js")).repair },
      { name: "import", load: async () => (await import("./commands/import.js")).importCommand },
      { name: "export", load: async () => (await import("./commands/export.js")).exportCommand },
      { name: "keygen", load: async () => (await import("./commands/keygen.js")).keygen },
    ],
  },
];
