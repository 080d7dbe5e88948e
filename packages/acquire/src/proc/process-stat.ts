/** /proc/PID/stat and /proc/PID/status (man 5 proc): who the process is, and in which state. */
import { MslError } from "@memslice/msl";
import { decoded, procText, procTextIfAny } from "./proc-file.js";

/** The fields of /proc/PID/stat that are used here. */
export interface ProcessStat {
  readonly pid: number;
  /** The name of the process, at most 15 bytes. */
  readonly name: string;
  /** The letter of the state: R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, X dead, I idle. */
  readonly state: string;
  readonly parentPid: number;
  readonly sessionId: number;
  readonly isKernelThread: boolean;
  /** Clock ticks from the start of the system to the start of the process. With the pid, names one process for as long as the system runs. */
  readonly startTicks: bigint;
}

/** The flag PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;
/** Clock ticks of /proc in a second: USER_HZ, which is 100 on every architecture that Linux has a 64-bit kernel for, except alpha. */
const TICKS_PER_SECOND = 100n;
const KIB = 1024;
const NS_PER_SECOND = 1_000_000_000n;

/** The stat file of a process or, with `thread`, of one of its threads. Throws `source` if there is none. */
export function processStat(pid: number, thread?: number): ProcessStat {
  const path = thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`;
  const text = procText(path);
  // The name may hold blanks and parentheses: it ends at the last one.
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const [state, parentPid, , sessionId] = fields;
  const [flags, startTicks] = [fields[6], fields[19]];
  if (open < 0 || state === undefined || flags === undefined || startTicks === undefined) {
    throw new MslError("source", `${path} has not the fields of man 5 proc: ${JSON.stringify(text.slice(0, 80))}`);
  }
  return {
    pid: Number.parseInt(text, 10),
    name: decoded(text.slice(open + 1, close)),
    state,
    parentPid: Number(parentPid),
    sessionId: Number(sessionId),
    isKernelThread: (Number(flags) & KERNEL_THREAD) !== 0,
    startTicks: BigInt(startTicks),
  };
}

/** The fields of /proc/PID/status by name, such as `TracerPid`; values without blanks around them. Throws `source`. */
export function processStatus(pid: number | "self"): ReadonlyMap<string, string> {
  const lines = procText(`/proc/${pid}/status`).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}

/** Bytes of memory that the process has now, without swapped ones; 0 if it has ended. */
export function residentBytes(pid: number): number {
  const [, kibibytes = 0] = /^VmRSS:\s*(\d+) kB$/m.exec(procTextIfAny(`/proc/${pid}/status`) ?? "") ?? [];
  return KIB * Number(kibibytes);
}

/** When the system started, in nanoseconds since 1970 UTC; the kernel counts whole seconds. 0 if /proc/stat does not say it. */
export function bootTimeNs(): bigint {
  const [, seconds] = /^btime (\d+)$/m.exec(procTextIfAny("/proc/stat") ?? "") ?? [];
  return seconds === undefined ? 0n : BigInt(seconds) * NS_PER_SECOND;
}

/** When a process started, in nanoseconds since 1970 UTC; the kernel counts in steps of 10 ms. 0 if it is not known when the system started. */
export function startTimeNs({ startTicks }: ProcessStat, bootNs = bootTimeNs()): bigint {
  return bootNs === 0n ? 0n : bootNs + (startTicks * NS_PER_SECOND) / TICKS_PER_SECOND;
}
