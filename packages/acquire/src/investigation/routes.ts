/** Routes, neighbours, packet sockets and interfaces: rows 1 to 5 of the Connectivity Table, from the text files of /proc/net. */
import { isIPv4 } from "node:net";
import type { WritableConnectivityTableRow } from "@memslice/msl";
import { decoded } from "../proc/proc-file.js";
import { networkBytes } from "./connections.js";
import type { SocketOwners } from "./socket-owners.js";

/** The row of a line of the file; undefined if the line describes no route. */
export type RowOfLine = (words: readonly string[], owners: SocketOwners) => WritableConnectivityTableRow | undefined;

const ARP_FAMILY = 2;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT; flags in hexadecimal. */
export const ipv4Route: RowOfLine = ([iface, dest, gateway, flags, , , metric, mask, mtu]) => {
  if (iface === undefined || dest?.length !== 8 || gateway?.length !== 8 || mask?.length !== 8 || mtu === undefined)
    return undefined;
  return {
    ...{ rowType: 1, iface: decoded(iface), dest: networkBytes(dest), gateway: networkBytes(gateway), mask: networkBytes(mask) },
    ...{ flags: hex(flags), metric: Number(metric), mtu: Number(mtu) },
  };
};

/** Destination, its prefix, source, its prefix, next hop, metric, references, use, flags, interface; all but the name in hexadecimal. */
export const ipv6Route: RowOfLine = ([dest, prefix, , , nextHop, metric, , , flags, iface]) => {
  if (dest?.length !== 32 || nextHop?.length !== 32 || iface === undefined) return undefined;
  return {
    ...{
      rowType: 2,
      iface: decoded(iface),
      dest: Buffer.from(dest, "hex"),
      destPrefix: hex(prefix),
      nextHop: Buffer.from(nextHop, "hex"),
    },
    ...{ metric: hex(metric), flags: hex(flags) },
  };
};

/** IP address, HW type, Flags, HW address, Mask, Device. The format has room for hardware addresses of six bytes. */
export const arpEntry: RowOfLine = ([address = "", hwType, flags, hwAddr = "", , iface]) => {
  if (!isIPv4(address) || !MAC.test(hwAddr) || iface === undefined) return undefined;
  return {
    ...{ rowType: 3, family: ARP_FAMILY, ip: Uint8Array.from(address.split("."), Number), hwType: Number(hwType) },
    ...{ flags: Number(flags), hwAddr: Buffer.from(hwAddr.replaceAll(":", ""), "hex"), iface: decoded(iface) },
  };
};

/** sk RefCnt Type Proto Iface R Rmem User Inode; the protocol in hexadecimal. */
export const packetSocket: RowOfLine = ([, , , proto, ifaceIndex, , mem = "", user, inode = ""], owners) => {
  if (!/^\d+$/.test(inode) || !/^\d+$/.test(mem)) return undefined;
  return {
    ...{ rowType: 4, pid: owners.ownerOf(Number(inode)), inode: BigInt(inode), proto: hex(proto) },
    ...{ ifaceIndex: Number(ifaceIndex), user: Number(user), mem: BigInt(mem) },
  };
};

/** Interface, then bytes, packets, errs, drop, fifo, frame, compressed and multicast received, then bytes, packets, errs and drop sent. */
export function interfaceStatistics(line: string): WritableConnectivityTableRow | undefined {
  // No blank stands between the name and a wide number; a name has no colon.
  const [name = "", ...counts] = line.replace(":", " ").trim().split(/\s+/);
  if (counts.length < 12 || counts.some((count) => !/^\d+$/.test(count))) return undefined;
  const at = (index: number) => BigInt(counts[index] ?? 0);
  return {
    ...{ rowType: 5, iface: decoded(name), rxBytes: at(0), rxPackets: at(1), rxErrs: at(2), rxDrop: at(3) },
    ...{ txBytes: at(8), txPackets: at(9), txErrs: at(10), txDrop: at(11) },
  };
}

function hex(digits = ""): number {
  return Number.parseInt(digits, 16);
}
