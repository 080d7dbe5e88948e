/** LinuxMaps, the copy of /proc/PID/maps that Breakpad and Crashpad add to minidumps of Linux and Android. */
import { MslError } from "@memslice/msl";
import { counted, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { parseProcMaps } from "../linux/proc-maps.js";
import { protectionOf, regionTypeOf } from "../linux/region-type.js";
import { columns, type RegionColumns } from "./described-regions.js";
import { textOf } from "./dump-system.js";
import type { MinidumpFile } from "./minidump-file.js";
import { StreamType } from "./structures.js";

/** Bytes of the text that are read: processes have up to 65,530 mappings by default, of about 100 characters. */
const TEXT_MOST = 16 * 1024 * 1024;
const PIECE_CHARACTERS = 64 * 1024;
/** Work of a piece, in units of `TimeSlice`. */
const UNITS_PER_PIECE = 1024;

/** The mappings of the text; undefined if the dump has none, or a text that is not in the form of the kernel. */
export async function readLinuxMaps(
  file: MinidumpFile,
  notes: DumpNotes,
  signal: AbortSignal | undefined,
): Promise<RegionColumns | undefined> {
  const text = (await textOf(file, StreamType.linuxMaps, TEXT_MOST)).replace(/\0+$/, "");
  if (text === "") return undefined;
  try {
    const rows = columns(text.split("\n").length);
    const slice = new TimeSlice(signal);
    let count = 0;
    for (const lines of piecesOf(text)) {
      if (slice.isSpent(UNITS_PER_PIECE)) await slice.renew();
      for (const mapping of parseProcMaps(lines)) {
        rows.starts[count] = mapping.start;
        rows.lasts[count] = mapping.end - 1n;
        rows.protections[count] = protectionOf(mapping);
        rows.types[count] = regionTypeOf(mapping);
        count++;
      }
    }
    notes.lose(`the paths, offsets, devices and inodes of ${counted(count, "mappings")} in LinuxMaps`);
    return { ...rows, count };
  } catch (error) {
    if (!(error instanceof MslError) || error.code !== "bad-value") throw error;
    notes.damage(`LinuxMaps is not in the form of the kernel: ${error.message}`);
    return undefined;
  }
}

/** Whole lines, some thousand characters at a time. */
function* piecesOf(text: string): Generator<string, void, undefined> {
  for (let from = 0; from < text.length; ) {
    const lineEnd = text.indexOf("\n", from + PIECE_CHARACTERS);
    const to = lineEnd < 0 ? text.length : lineEnd + 1;
    yield text.slice(from, to);
    from = to;
  }
}
