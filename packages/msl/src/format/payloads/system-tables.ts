/** The tables of an investigation: processes, connections and handles of the whole system. */
import { CONNECTION_FAMILY, CONNECTION_PROTOCOL, type CodeTable, HANDLE_TYPE, TCP_STATE } from "../codes.js";
import { bytes, code, count, entries, flag, layout, lengthOf, text, u16, u32, u64, zeros } from "../layout/fields.js";

const PROCESS = layout("Process", [
  u32("pid"),
  u32("ppid"),
  u32("uid"),
  flag("isTarget"),
  zeros(3),
  u64("startTimeNs"),
  u64("rss"),
  lengthOf("exeName", 2),
  lengthOf("cmdLine", 2),
  lengthOf("user", 2),
  zeros(2),
  text("exeName"),
  text("cmdLine"),
  text("user"),
]);

/** Process Table 0x0051. `rss` in bytes, 0 unknown. */
export const PROCESS_TABLE = layout("ProcessTable", [
  count("entryCount"),
  zeros(4),
  entries("entries", PROCESS, { count: "entryCount" }),
]);

const CONNECTION = layout("Connection", [
  u32("pid"),
  code("family", CONNECTION_FAMILY),
  code("protocol", CONNECTION_PROTOCOL),
  code("state", TCP_STATE),
  zeros(1),
  bytes("localAddr", 16),
  u16("localPort"),
  zeros(2),
  bytes("remoteAddr", 16),
  u16("remotePort"),
  zeros(2),
]);

/** Connection Table 0x0052. Addresses in network order, IPv4 in the first four bytes. */
export const CONNECTION_TABLE = layout("ConnectionTable", [
  count("entryCount"),
  zeros(4),
  entries("entries", CONNECTION, { count: "entryCount" }),
]);

const handleTable = (types: CodeTable) =>
  layout("HandleTable", [
    count("entryCount"),
    zeros(4),
    entries(
      "entries",
      layout("Handle", [
        u32("pid"),
        u32("fd"),
        // One byte and a reserved one in the specification; MemDiver uses both. Below 256 the bytes are the same.
        code("handleType", types, { most: 0xff, lint: "HND-WIDE" }),
        lengthOf("path", 2),
        zeros(4),
        text("path"),
      ]),
      { count: "entryCount" },
    ),
  ]);

/** Handle Table 0x0053. */
export const HANDLE_TABLE = handleTable(HANDLE_TYPE);

/** The same bytes with MemDiver's meanings of 5, 6 and 7. */
export const MEMDIVER_HANDLE_TABLE = handleTable({
  width: 2,
  names: { ...HANDLE_TYPE.names, 5: "mutex", 6: "timer", 7: "other" },
});
