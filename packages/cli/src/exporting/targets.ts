/** The formats of `msl export`, each by the word that `--to` takes. */
import { oneOf } from "../options.js";
import type { ExportTargetEntry } from "./export-request.js";
import { writeKeyLog } from "./key-log.js";
import { newFilesIn } from "./new-files.js";

/** Words of options of single formats. */
export const HOLES = ["kept", "left-out"] as const;
export const BYTE_ORDERS = ["little", "big"] as const;
export const LAYOUTS = ["regions", "sparse"] as const;

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
        holes: oneOf(HOLES, options["holes"], "--holes"),
        byteOrder: oneOf(BYTE_ORDERS, options["byte-order"], "--byte-order"),
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
      const layout = oneOf(LAYOUTS, options["layout"], "--layout");
      return exportRaw(capture, newFilesIn(folder), { layout, ranges, file, signal, onProgress: progress.update });
    },
  },
  "key-log": { words: "key log", kind: "file", options: [], write: writeKeyLog },
} satisfies Record<string, ExportTargetEntry>;

export type ExportTargetName = keyof typeof EXPORT_TARGETS;
