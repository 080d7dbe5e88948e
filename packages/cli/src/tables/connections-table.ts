/** The table of `msl connections`: entries of Connection Tables. */
import type { ConnectionEntry } from "@memslice/msl";
import { endpointText, networkAddress } from "../documents/network-address.js";
import type { Table } from "./column.js";

export const CONNECTIONS: Table<ConnectionEntry> = {
  name: "connections",
  list: "connections",
  about:
    "The document of `msl connections --json`: network connections of the system. `pid` is 0 if the owner is unknown; addresses of an unknown family are 16 bytes in hexadecimal; `state` is that of TCP by the numbers of Linux, `stateNumber` the number as it is stored: memslicer stores those of BSD for remote macOS hosts, where 4 is ESTABLISHED.",
  columns: [
    { name: "pid", type: "count", value: ({ pid }) => pid },
    { name: "family", type: "text", value: ({ familyName }) => familyName, shown: "never" },
    {
      name: "protocol",
      type: "text",
      whole: true,
      value: ({ protocolName }) => protocolName,
      // Addresses of IP show their family; those of Unix sockets are zeros.
      shown: { heading: "proto", text: ({ familyName, protocol, protocolName }) => (protocol === 0 ? familyName : protocolName) },
    },
    {
      name: "state",
      type: "text",
      whole: true,
      value: ({ stateName }) => stateName,
      shown: { text: ({ state, stateName }) => (state === 0 ? "-" : `${stateName} (${state})`) },
    },
    { name: "stateNumber", type: "count", value: ({ state }) => state, shown: "never" },
    {
      name: "localAddress",
      type: "text",
      whole: true,
      value: ({ family, localAddr }) => networkAddress(family, localAddr),
      shown: { heading: "local", text: ({ family, localAddr, localPort }) => endpointText(family, localAddr, localPort) },
    },
    { name: "localPort", type: "count", value: ({ localPort }) => localPort, shown: "never" },
    {
      name: "remoteAddress",
      type: "text",
      whole: true,
      value: ({ family, remoteAddr }) => networkAddress(family, remoteAddr),
      shown: { heading: "remote", text: ({ family, remoteAddr, remotePort }) => endpointText(family, remoteAddr, remotePort) },
    },
    { name: "remotePort", type: "count", value: ({ remotePort }) => remotePort, shown: "never" },
  ],
};
