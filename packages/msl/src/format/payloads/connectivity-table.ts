import { bytes, count, layout, rows, tightText, u8, u16, u32, u64, zeros } from "../layout/fields.js";

/** Connectivity Table 0x0055 (memslicer: 0x0054): routes, neighbours and counters of the network stack. Addresses in network order. */
export const CONNECTIVITY_TABLE = layout("ConnectivityTable", [
  count("rowCount"),
  zeros(4),
  rows("rows", "rowCount", {
    1: layout("Ipv4Route", [
      tightText("iface"),
      bytes("dest", 4),
      bytes("gateway", 4),
      bytes("mask", 4),
      u16("flags"),
      u32("metric"),
      u32("mtu"),
    ]),
    2: layout("Ipv6Route", [
      tightText("iface"),
      bytes("dest", 16),
      u8("destPrefix"),
      bytes("nextHop", 16),
      u32("metric"),
      u32("flags"),
    ]),
    3: layout("ArpEntry", [u8("family"), bytes("ip", 4), u16("hwType"), u16("flags"), bytes("hwAddr", 6), tightText("iface")]),
    4: layout("PacketSocket", [u32("pid"), u64("inode"), u16("proto"), u32("ifaceIndex"), u32("user"), u64("mem")]),
    5: layout("InterfaceStatistics", [
      tightText("iface"),
      u64("rxBytes"),
      u64("rxPackets"),
      u64("rxErrs"),
      u64("rxDrop"),
      u64("txBytes"),
      u64("txPackets"),
      u64("txErrs"),
      u64("txDrop"),
    ]),
    6: layout("SocketFamilyAggregate", [u8("family"), u32("inUse"), u32("alloc"), u64("mem")]),
    7: layout("MibCounter", [tightText("mib"), tightText("counter"), u64("value")]),
  }),
]);
