/** The processes of the host: the rows of the Process Table. */
import { readlinkSync } from "node:fs";
import type { WritableProcessEntry } from "@memslice/msl";
import { commandLine, textOf } from "../identity/process-identity.js";
import { userNames } from "../identity/user-names.js";
import { bootTimeNs, processStat, processStatus, startTimeNs } from "../proc/process-stat.js";
import { memoryTask } from "../proc/process-threads.js";
import type { Host } from "./host.js";
import { numberedNames, UNITS_PER_CALL } from "./table-pieces.js";

const KIB = 1024n;
const CALLS_PER_PROCESS = 5;

/**
 * The processes that this one sees, in batches. `exeName` is the path of the program as the kernel shows it or, of threads of the kernel and where it may
 * not be read, the name of the process. Processes that end meanwhile are left out.
 */
export async function* processRows(host: Host): AsyncGenerator<WritableProcessEntry[], void, undefined> {
  const users = userNames();
  const bootNs = bootTimeNs();
  for await (const pids of numberedNames("/proc", host.slice)) {
    const rows: WritableProcessEntry[] = [];
    for (const pid of pids) {
      const row = rowOf(host, pid, users, bootNs);
      if (row) rows.push(row);
      if (host.slice.isSpent(CALLS_PER_PROCESS * UNITS_PER_CALL)) await host.slice.renew();
    }
    yield rows;
  }
}

function rowOf(host: Host, pid: number, users: ReadonlyMap<number, string>, bootNs: bigint): WritableProcessEntry | undefined {
  try {
    const stat = processStat(pid);
    const status = processStatus(memoryTask(pid));
    const uid = Number.parseInt(status.get("Uid") ?? "0", 10);
    return {
      ...{ pid, ppid: stat.parentPid, uid, isTarget: pid === host.pid, startTimeNs: startTimeNs(stat, bootNs) },
      rss: BigInt(/^\d+/.exec(status.get("VmRSS") ?? "")?.[0] ?? 0) * KIB,
      exeName: textOf(programOf(host, pid) ?? stat.name),
      cmdLine: textOf(commandLine(pid)),
      user: users.get(uid) ?? "",
    };
  } catch (cause) {
    host.gaps.add("/proc/PID/stat", cause);
    return undefined;
  }
}

function programOf({ gaps }: Host, pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${memoryTask(pid)}/exe`);
  } catch (cause) {
    gaps.add("/proc/PID/exe", cause);
    return undefined;
  }
}
