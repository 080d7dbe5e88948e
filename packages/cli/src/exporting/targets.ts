/** The formats of `msl export`, each by the word that `--to` takes. */
import { MslError } from "@memslice/msl";
import type { OptionValue } from "../options.js";
import type { ExportTargetEntry } from "./export-request.js";
import { writeKeyLog } from "./key-log.js";
import { newFilesIn } from "./new-files.js";

export const EXPORT_TARGETS = {
  "elf-core": {
    words: "ELF core",
    kind: "file",
    options: ["range", "made-up-thread", "holes", "byte-order"],
    write: async ({ capture, ranges, options, signal, progress }, sink) => {
      const { exportElfCore } = await import("@memslice/convert");
      return exportElfCore(capture, sink, {
        ranges,
        madeUpThread: options["made-up-thread"] === true,
        holes: oneOf(["kept", "left-out"], options["holes"], "--holes"),
        byteOrder: oneOf(["little", "big"], options["byte-order"], "--byte-order"),
        signal,
        onProgress: progress.update,
      });
    },
  },
  minidump: {
    words: "Windows minidump",
    kind: "file",
    options: ["range", "no-made-up-thread"],
    write: async ({ capture, ranges, options, signal, progress }, sink) => {
      const { exportMinidump } = await import("@memslice/convert");
      return exportMinidump(capture, sink, {
        ranges,
        madeUpThread: options["no-made-up-thread"] !== true,
        signal,
        onProgress: progress.update,
      });
    },
  },
  raw: {
    words: "raw memory",
    kind: "folder",
    options: ["layout", "range"],
    write: async ({ capture, file, ranges, options, signal, progress }, folder) => {
      const { exportRaw } = await import("@memslice/convert");
      const layout = oneOf(["regions", "sparse"], options["layout"], "--layout");
      return exportRaw(capture, newFilesIn(folder), { layout, ranges, file, signal, onProgress: progress.update });
    },
  },
  "key-log": { words: "key log", kind: "file", options: [], write: writeKeyLog },
} satisfies Record<string, ExportTargetEntry>;

export type ExportTargetName = keyof typeof EXPORT_TARGETS;

/** Throws `usage` for a value that is none of the words. */
export function oneOf<const T extends string>(words: readonly T[], value: OptionValue, option: string): T | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) throw new MslError("usage", `${option} takes ${words.join(", ")}, not ${JSON.stringify(value)}`);
  return found;
}
