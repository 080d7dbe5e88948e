/** A process in a few words, as it is listed for people who have to choose one. */
import { commandLine, executablePath, textOf } from "../identity/process-identity.js";
import { bootTimeNs, type ProcessStat, processStatus, startTimeNs } from "../proc/process-stat.js";

/** What names a process. Texts are as the process or its files have them: they may hold control characters. */
export interface ProcessDescription {
  readonly pid: number;
  readonly parentPid: number;
  /** The name that the kernel keeps (/proc/PID/comm): at most 15 bytes, and a process can change it. Bytes that are no UTF-8 are U+FFFD. */
  readonly name: string;
  /** The path of the program; empty if it may not be read, or if the process is a thread of the kernel. */
  readonly exePath: string;
  /** Real user. */
  readonly uid: number;
  /** Name of the user in /etc/passwd; empty if there is none. */
  readonly user: string;
  /** Nanoseconds since 1970 UTC, in steps of 10 ms. */
  readonly startTimeNs: bigint;
  /** Clock ticks from the start of the system to the start of the process. With the pid, names one process for as long as the system runs. */
  readonly startTicks: bigint;
  /** The arguments, with a blank between two. A process can overwrite them. */
  readonly commandLine: string;
}

/** `users`: names by id. Throws `source` if the process has ended. */
export function describeProcess(
  stat: ProcessStat,
  users: ReadonlyMap<number, string>,
  bootNs = bootTimeNs(),
): ProcessDescription {
  const uid = Number.parseInt(processStatus(stat.pid).get("Uid") ?? "0", 10);
  return {
    ...{ pid: stat.pid, parentPid: stat.parentPid, name: stat.name, exePath: textOf(executablePath(stat.pid) ?? "") },
    ...{ uid, user: users.get(uid) ?? "", startTimeNs: startTimeNs(stat, bootNs), startTicks: stat.startTicks },
    commandLine: textOf(commandLine(stat.pid)),
  };
}
