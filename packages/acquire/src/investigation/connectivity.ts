/** The network state of the host, as the network namespace of this process has it: the rows of the Connectivity Table. */
import type { WritableConnectivityTableRow } from "@memslice/msl";
import { procTextIfAny } from "../proc/proc-file.js";
import { counters, ipv6Counter, socketFamily } from "./counters.js";
import type { Host } from "./host.js";
import { arpEntry, interfaceStatistics, ipv4Route, ipv6Route, packetSocket, type RowOfLine } from "./routes.js";
import type { SocketOwners } from "./socket-owners.js";
import { textLines } from "./table-pieces.js";

const FOLDER = "/proc/self/net";

/** Files with a row in each line, and the number of lines above the rows. */
const FILES: readonly { readonly name: string; readonly headings: number; readonly row: RowOfLine }[] = [
  { name: "route", headings: 1, row: ipv4Route },
  { name: "ipv6_route", headings: 0, row: ipv6Route },
  { name: "arp", headings: 1, row: arpEntry },
  { name: "packet", headings: 1, row: packetSocket },
];
const INTERFACE_HEADINGS = 2;
/** Files in which every other line has the names of the counters in the next line. */
const COUNTER_FILES = ["snmp", "netstat"] as const;

/** The statistics of the interfaces. Every network namespace has one, so that there are none only if the file cannot be read. */
export function interfaceRows(): WritableConnectivityTableRow[] {
  const lines = (procTextIfAny(`${FOLDER}/dev`) ?? "").split("\n").slice(INTERFACE_HEADINGS);
  return lines.flatMap((line) => interfaceStatistics(line) ?? []);
}

/** All other rows, in batches. */
export async function* connectivityRows(
  host: Host,
  owners: SocketOwners,
): AsyncGenerator<WritableConnectivityTableRow[], void, undefined> {
  for (const { name, headings, row } of FILES) {
    yield* rowsOf(host, name, headings, (line) => row(line.trim().split(/\s+/), owners));
  }
  // The line `UDPLITE` has no tag: its counters are in snmp.
  for (const name of ["sockstat", "sockstat6"]) {
    yield* rowsOf(host, name, 0, (line) => (/^UDPLITE/.test(line) ? [] : socketFamily(line)));
  }
  for (const name of COUNTER_FILES) {
    let names: string | undefined;
    yield* rowsOf(host, name, 0, (line) => {
      const rows = names === undefined ? [] : counters(names, line);
      names = names === undefined ? line : undefined;
      return rows;
    });
  }
  yield* rowsOf(host, "snmp6", 0, ipv6Counter);
}

type Rows = WritableConnectivityTableRow | readonly WritableConnectivityTableRow[] | undefined;

/** Lines that make no rows although they should are counted as gaps. */
async function* rowsOf(
  { gaps, slice }: Host,
  name: string,
  headings: number,
  rowsOfLine: (line: string) => Rows,
): AsyncGenerator<WritableConnectivityTableRow[], void, undefined> {
  let left = headings;
  try {
    for await (const lines of textLines(`${FOLDER}/${name}`, slice)) {
      const skipped = Math.min(left, lines.length);
      left -= skipped;
      yield lines.slice(skipped).flatMap((line) => {
        const rows = rowsOfLine(line);
        if (rows === undefined) gaps.note(`/proc/net/${name}`, "unknown row");
        return rows ?? [];
      });
    }
  } catch (cause) {
    gaps.add(`/proc/net/${name}`, cause);
  }
}
