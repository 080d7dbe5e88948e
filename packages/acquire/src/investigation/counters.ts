/** Sums of sockets and counters of protocols: rows 6 and 7 of the Connectivity Table. */
import type { WritableConnectivityTableRow } from "@memslice/msl";

/** The tags that captures use for the lines of /proc/net/sockstat and sockstat6; the specification registers none. */
const FAMILY_TAGS: Readonly<Record<string, number>> = {
  ...{ TCP: 0x02, UDP: 0x11, RAW: 0x03, FRAG: 0x04, TCP6: 0x0a, UDP6: 0x0b, RAW6: 0x83, FRAG6: 0x84 },
  sockets: 0xff,
};
/** Counters of /proc/net/snmp6 have the protocol at the beginning of their names. */
const IPV6_COUNTER = /^(Ip6|Icmp6|UdpLite6|Udp6)(\w+)$/;

/** `TCP: inuse 5 orphan 0 tw 0 alloc 7 mem 1`. Numbers are as the kernel counts them: `mem` of TCP and UDP in pages, of FRAG in bytes. */
export function socketFamily(line: string): WritableConnectivityTableRow | undefined {
  const [name = "", ...words] = line.trim().split(/\s+/);
  const family = FAMILY_TAGS[name.slice(0, -1)];
  if (family === undefined) return undefined;
  const numbers = new Map(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? "0"] as const] : [])));
  const valueNamed = (...names: string[]) => names.map((one) => numbers.get(one)).find((value) => value !== undefined) ?? "0";
  return {
    ...{ rowType: 6, family, inUse: Number(valueNamed("inuse", "used")), alloc: Number(valueNamed("alloc")) },
    mem: BigInt(valueNamed("mem", "memory")),
  };
}

/** Two lines of /proc/net/snmp or netstat: names of counters, then their values. Undefined if they do not belong together. */
export function counters(names: string, values: string): WritableConnectivityTableRow[] | undefined {
  const [mib = "", ...columns] = names.trim().split(/\s+/);
  const [same, ...numbers] = values.trim().split(/\s+/);
  if (mib !== same || columns.length !== numbers.length || numbers.some((value) => !/^-?\d+$/.test(value))) return undefined;
  return columns.map((counter, index) => counterRow(mib.slice(0, -1), counter, numbers[index] ?? "0"));
}

/** A line of /proc/net/snmp6: `Ip6InReceives 12`. */
export function ipv6Counter(line: string): WritableConnectivityTableRow | undefined {
  const [name = "", value = ""] = line.trim().split(/\s+/);
  const [, mib, counter] = IPV6_COUNTER.exec(name) ?? [];
  return mib === undefined || counter === undefined || !/^-?\d+$/.test(value) ? undefined : counterRow(mib, counter, value);
}

/** Negative values are stored in two's complement. */
function counterRow(mib: string, counter: string, value: string): WritableConnectivityTableRow {
  return { rowType: 7, mib, counter, value: BigInt.asUintN(64, BigInt(value)) };
}
