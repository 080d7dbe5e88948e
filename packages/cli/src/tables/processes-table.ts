/** The table of `msl processes`: entries of Process Tables. */
import type { ProcessEntry } from "@memslice/msl";
import { byteText } from "../terminal/quantity-text.js";
import type { Table } from "./column.js";

export const PROCESSES: Table<ProcessEntry> = {
  name: "processes",
  list: "processes",
  about:
    "The document of `msl processes --json`: the processes of the system. `uid` is a hash of the SID on Windows, `startTimeNs` nanoseconds since 1970-01-01 UTC and `rss` resident memory in bytes, both 0 if unknown.",
  columns: [
    { name: "pid", type: "count", value: ({ pid }) => pid },
    { name: "ppid", type: "count", value: ({ ppid }) => ppid },
    { name: "isTarget", type: "boolean", value: ({ isTarget }) => isTarget, shown: { heading: "", text: target } },
    { name: "uid", type: "count", value: ({ uid }) => uid, shown: "never" },
    { name: "user", type: "text", value: ({ user }) => user, shown: { text: ({ user, uid }) => user || String(uid) } },
    {
      name: "startTimeNs",
      type: "time",
      value: ({ startTimeNs }) => startTimeNs,
      shown: { heading: "started (UTC)", text: started },
    },
    {
      name: "rss",
      type: "decimal",
      value: ({ rss }) => rss,
      shown: { text: ({ rss }) => (rss === 0n ? "-" : byteText(Number(rss))) },
    },
    {
      name: "exeName",
      type: "text",
      value: ({ exeName }) => exeName,
      shown: { heading: "name", text: ({ exeName }) => exeName || "-" },
    },
    {
      name: "cmdLine",
      type: "text",
      value: ({ cmdLine }) => cmdLine,
      shown: { heading: "command", text: ({ cmdLine }) => cmdLine },
    },
  ],
};

/** The captured process has a star. */
function target({ isTarget }: ProcessEntry): string {
  return isTarget ? "*" : "";
}

/** To the second. */
function started({ startTimeNs }: ProcessEntry): string {
  if (startTimeNs === 0n) return "-";
  return new Date(Number(startTimeNs / 1_000_000n))
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "");
}
