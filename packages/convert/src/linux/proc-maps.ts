/**
 * The text of /proc/PID/maps (man 5 proc, "/proc/pid/maps"): a line for each mapping,
 *
 *     7f00e90e2000-7f00e9104000 r-xp 00002000 08:01 1835042    /usr/lib/libc.so.6
 *     start-end                 perms offset  dev   inode      path
 *
 * The path begins at the same column in every line and may contain blanks; the kernel writes a line feed in it as `\012`, and `\` as it is.
 * A file that was deleted since has " (deleted)" behind its path.
 */

import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";

/** One mapping, as the kernel writes it. */
export interface MappedRange {
  /** First address. */
  readonly start: bigint;
  /** Address behind the last byte. */
  readonly end: bigint;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Whether other processes see what is written. */
  readonly shared: boolean;
  /** Offset of the mapping in its file, bytes. */
  readonly offset: bigint;
  /** Major and minor number of the device, as written: `08:01`. */
  readonly device: string;
  /** 0 without a file. */
  readonly inode: bigint;
  /** The path, or a name such as `[heap]`; empty for anonymous memory. Without " (deleted)". */
  readonly path: string;
  /** Whether the kernel says that the file was deleted. A file whose name ends with " (deleted)" looks the same. */
  readonly deleted: boolean;
  /** The line itself, without its line feed. */
  readonly line: string;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])([x-])([sp]) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$/s;
const DELETED = " (deleted)";

/**
 * The mappings of the text, in its order.
 * Throws an `MslError` `bad-value` for a line of another form, an end that is not above its start or above 2^64, and mappings that overlap or do not ascend.
 */
export function parseProcMaps(text: string): MappedRange[] {
  const ranges: MappedRange[] = [];
  let end = 0n;
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const range = parseLine(line, index + 1);
    if (range.start < end)
      throw refused(line, index + 1, `a mapping that begins at or above 0x${end.toString(16)}, where the one before ends`);
    ranges.push(range);
    end = range.end;
  }
  return ranges;
}

function parseLine(line: string, number: number): MappedRange {
  const [, startText, endText, r, w, x, sharing, offset, device, inode, name = ""] = LINE.exec(line) ?? [];
  if (startText === undefined || endText === undefined || offset === undefined || device === undefined || inode === undefined) {
    throw refused(line, number, "START-END PERMISSIONS OFFSET DEVICE INODE [PATH]");
  }
  const [start, end] = [BigInt(`0x${startText}`), BigInt(`0x${endText}`)];
  if (end <= start || end > ADDRESS_SPACE_END) throw refused(line, number, "an end above the start, and at most 2^64");
  const deleted = name.endsWith(DELETED);
  return {
    ...{ start, end, readable: r === "r", writable: w === "w", executable: x === "x", shared: sharing === "s" },
    ...{ offset: BigInt(`0x${offset}`), device, inode: BigInt(inode) },
    ...{ path: deleted ? name.slice(0, -DELETED.length) : name, deleted, line },
  };
}

function refused(line: string, number: number, expected: string): MslError {
  const shown = JSON.stringify(line.length > 120 ? `${line.slice(0, 120)}…` : line);
  return new MslError("bad-value", `Line ${number} of the maps is ${shown}, expected ${expected}`);
}
