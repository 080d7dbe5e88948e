/** Says before anything is touched whether a process can be captured, why not, and what would allow it. */
import { closeSync, openSync } from "node:fs";
import { MslError } from "@memslice/msl";
import { errnoOf, procLink, procText, procTextIfAny } from "../proc/proc-file.js";
import { processStat, processStatus } from "../proc/process-stat.js";
import { hasEnded, memoryTask } from "../proc/process-threads.js";
import { type Finding, findingsOf, type ProcessFacts } from "./findings.js";

/** Whether a process can be captured, and what was found. */
export interface PreflightReport {
  readonly pid: number;
  /** Whether the kernel lets this process read the other one. */
  readonly permitted: boolean;
  /** What stands in the way, and what is worth knowing; the gravest first. */
  readonly findings: readonly Finding[];
}

/** Opens and closes /proc/PID/mem, for which the kernel applies the same checks as for a debugger; reads nothing of the memory. */
export function preflight(pid: number): PreflightReport {
  if (process.platform !== "linux") {
    throw new MslError("usage", `Processes can be captured on Linux only, and this is ${process.platform}`);
  }
  const findings = findingsOf(factsOf(pid));
  return { pid, permitted: !findings.some(({ blocks }) => blocks), findings };
}

/** Throws `not-permitted` with all that stands in the way; `usage` on other systems than Linux. */
export function requirePermission(pid: number): void {
  const { findings } = preflight(pid);
  const obstacles = findings.filter(({ blocks }) => blocks);
  if (obstacles.length === 0) return;
  const sentences = obstacles.map(({ found, remedy }) => `${found}${remedy === "" ? "" : `: ${remedy}`}`);
  throw new MslError("not-permitted", `Process ${pid} cannot be captured. ${sentences.join(". ")}`);
}

const CAP_SYS_PTRACE = 19n;
/** Its number is fixed (include/linux/proc_ns.h, PROC_USER_INIT_INO). */
const FIRST_USER_NAMESPACE = "user:[4026531837]";

/** Whether /proc is mounted so that processes of other users are hidden. `mounts`: the text of /proc/self/mountinfo. */
export function hidesProcesses(mounts = procTextIfAny("/proc/self/mountinfo") ?? ""): boolean {
  return /^\S+ \S+ \S+ \S+ \/proc .*hidepid=(?:[124]|noaccess|invisible|ptraceable)/m.test(mounts);
}

function factsOf(pid: number): ProcessFacts {
  const own = processStatus("self");
  const common = {
    pid,
    isOwn: pid === process.pid,
    ownUid: Number((own.get("Uid") ?? "").split(/\s+/)[1]),
    mayTrace: ((BigInt(`0x${own.get("CapEff") ?? "0"}`) >> CAP_SYS_PTRACE) & 1n) === 1n,
    yamaScope: yamaScope(),
    securityModules: (procTextIfAny("/sys/kernel/security/lsm") ?? "").trim(),
    isInFirstNamespace: procLink("/proc/self/ns/user") === FIRST_USER_NAMESPACE,
    hidesProcesses: hidesProcesses(),
  };
  try {
    return { ...common, ...stateOf(pid), probe: probe(pid) };
  } catch {
    return { ...common, probe: "ENOENT" };
  }
}

/** Throws `source` if there is no such process. */
function stateOf(pid: number) {
  const status = processStatus(pid);
  const { state, isKernelThread, name } = processStat(pid);
  const task = memoryTask(pid);
  return {
    name,
    state,
    isKernelThread,
    otherTask: task === pid ? undefined : task,
    uids: (status.get("Uid") ?? "").split(/\s+/).map(Number),
    tracerPid: Number(status.get("TracerPid") ?? 0),
    // The pid in each namespace, from ours to its own.
    namespaces: (status.get("NSpid") ?? "").split(/\s+/).length,
    isThread: Number(status.get("Tgid")) !== pid ? Number(status.get("Tgid")) : undefined,
    profile: (procTextIfAny(`/proc/${pid}/attr/current`) ?? "").replace(/[\0\n]+$/, ""),
  };
}

/** The errno name with which /proc/PID/mem refuses to be opened, ESRCH if the process has ended; undefined if it opens. */
function probe(pid: number): string | undefined {
  const task = memoryTask(pid);
  try {
    closeSync(openSync(`/proc/${task}/mem`, "r"));
    // A file system that hides the page map leaves a capture without knowledge of what is in memory.
    closeSync(openSync(`/proc/${task}/pagemap`, "r"));
    procText(`/proc/${task}/maps`);
    return undefined;
  } catch (error) {
    const reason = errnoOf(error) ?? errnoOf((error as { cause?: unknown }).cause) ?? "EIO";
    // A kernel without these files has the process all the same.
    return reason === "ENOENT" && isOver(pid) ? "ESRCH" : reason;
  }
}

function isOver(pid: number): boolean {
  try {
    return hasEnded(processStat(pid));
  } catch {
    return true;
  }
}

/** The scope of Yama (Documentation/admin-guide/LSM/Yama.rst); undefined where it is not part of the kernel. */
function yamaScope(): number | undefined {
  const text = procTextIfAny("/proc/sys/kernel/yama/ptrace_scope");
  return text === undefined ? undefined : Number(text);
}
