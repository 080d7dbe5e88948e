/** TCP and UDP sockets of all network namespaces: the rows of the Connection Table (man 5 proc, /proc/net/tcp). */
import { endianness } from "node:os";
import type { WritableConnectionEntry } from "@memslice/msl";
import type { Host } from "./host.js";
import type { SocketOwners } from "./socket-owners.js";
import { textLines } from "./table-pieces.js";

const TCP = 6;
const UDP = 17;
const IPV4 = 2;
const IPV6 = 10;
const SOURCES = [
  { name: "tcp", family: IPV4, protocol: TCP },
  { name: "tcp6", family: IPV6, protocol: TCP },
  { name: "udp", family: IPV4, protocol: UDP },
  { name: "udp6", family: IPV6, protocol: UDP },
] as const;
/** Sockets that the Connection Table has no code for. Their numbers are part of the report. */
const OTHER_SOURCES = ["unix", "raw", "raw6", "icmp", "icmp6", "udplite", "udplite6", "netlink"] as const;
/** A row: number, local address and port, remote ones, state, queues, timers, user and inode. */
const ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+)/;
const ADDRESS_BYTES = 16;
const WORD_DIGITS = 8;
const IS_LITTLE_ENDIAN = endianness() === "LE";

/** Sockets of a kind that the Connection Table has no code for. */
export interface OtherSockets {
  /** The file of /proc/net that lists them, such as `unix` or `raw6`. */
  readonly kind: string;
  readonly count: number;
}

/** The sockets of the folders `net`, in batches. The pid is 0 for sockets that no process has any more, and where the process may not be seen. */
export async function* connectionRows(
  { gaps, slice }: Host,
  folders: readonly string[],
  owners: SocketOwners,
): AsyncGenerator<WritableConnectionEntry[], void, undefined> {
  for (const folder of folders) {
    for (const { name, family, protocol } of SOURCES) {
      try {
        for await (const [rows, others] of parsedRows(textLines(`${folder}/${name}`, slice), family, protocol, owners)) {
          if (others > 0) gaps.note(`/proc/net/${name}`, "unknown row");
          yield rows;
        }
      } catch (cause) {
        gaps.add(`/proc/net/${name}`, cause);
      }
    }
  }
}

async function* parsedRows(
  lines: AsyncIterable<readonly string[]>,
  family: number,
  protocol: number,
  owners: SocketOwners,
): AsyncGenerator<readonly [WritableConnectionEntry[], number], void, undefined> {
  let isHead = true;
  for await (const batch of lines) {
    const rows: WritableConnectionEntry[] = [];
    const expected = isHead ? batch.slice(1) : batch;
    isHead = false;
    for (const line of expected) {
      const [, local = "", localPort = "", remote = "", remotePort = "", state = "", inode = ""] = ROW.exec(line) ?? [];
      if (inode === "") continue;
      rows.push({
        ...{ pid: owners.ownerOf(Number(inode)), family, protocol, state: protocol === TCP ? Number.parseInt(state, 16) : 0 },
        ...{ localAddr: addressOf(local), localPort: Number.parseInt(localPort, 16) },
        ...{ remoteAddr: addressOf(remote), remotePort: Number.parseInt(remotePort, 16) },
      });
    }
    yield [rows, expected.length - rows.length];
  }
}

/** The kernel prints addresses as 32-bit numbers in its own byte order; the bytes of each are in network order. */
function addressOf(digits: string): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  bytes.set(networkBytes(digits));
  return bytes;
}

/** The bytes, in network order, of 32-bit numbers that the kernel prints in its own byte order. */
export function networkBytes(digits: string): Uint8Array {
  const bytes = Buffer.from(digits, "hex");
  if (IS_LITTLE_ENDIAN && digits.length % WORD_DIGITS === 0) bytes.swap32();
  return bytes;
}

/** Counts the sockets of the kinds that the Connection Table has no code for; kinds without any are left out. */
export async function otherSockets({ gaps, slice }: Host, folders: readonly string[]): Promise<OtherSockets[]> {
  const counts = new Map<string, number>();
  for (const folder of folders) {
    for (const name of OTHER_SOURCES) {
      let lines = 0;
      try {
        for await (const batch of textLines(`${folder}/${name}`, slice)) lines += batch.length;
      } catch (cause) {
        gaps.add(`/proc/net/${name}`, cause);
      }
      // The first line has the names of the columns.
      if (lines > 1) counts.set(name, (counts.get(name) ?? 0) + lines - 1);
    }
  }
  return [...counts].map(([kind, count]) => ({ kind, count }));
}
