/** From facts about a process and this one to sentences: what stands in the way of a capture, and what would allow it. */

/** The stable code of a finding. */
export type FindingCode =
  | "no-such-process"
  | "output-not-writable"
  | "ambiguous-name"
  | "not-a-process"
  | "own-process"
  | "zombie"
  | "kernel-thread"
  | "other-user"
  | "missing-capability"
  | "yama-scope"
  | "security-module"
  | "not-dumpable"
  | "no-page-map"
  | "memory-denied"
  | "main-thread-ended"
  | "already-traced"
  | "pid-namespace";

/** One fact that stands in the way of a capture, or is worth knowing before it. */
export interface Finding {
  readonly code: FindingCode;
  /** Whether the process cannot be captured for this reason. Others are worth knowing. */
  readonly blocks: boolean;
  readonly found: string;
  /** What would allow the capture; empty if nothing does. */
  readonly remedy: string;
}

/** Facts of this process and, if it exists, of the other one. */
export interface ProcessFacts {
  readonly pid: number;
  readonly isOwn: boolean;
  readonly ownUid: number;
  /** CAP_SYS_PTRACE in the effective set of this process. */
  readonly mayTrace: boolean;
  readonly yamaScope: number | undefined;
  /** The security modules of the kernel, as /sys/kernel/security/lsm names them. */
  readonly securityModules: string;
  /** Whether this process is in the first user namespace of the kernel, in which a capability holds for every process. */
  readonly isInFirstNamespace: boolean;
  /** Whether /proc is mounted so that processes of other users are hidden. */
  readonly hidesProcesses: boolean;
  readonly name?: string;
  readonly state?: string;
  readonly isKernelThread?: boolean;
  /** A thread that runs, if the main thread has ended before it. */
  readonly otherTask?: number | undefined;
  /** Real, effective, saved and file system user. */
  readonly uids?: readonly number[];
  readonly tracerPid?: number;
  /** Number of nested pid namespaces, 1 for a process of ours. */
  readonly namespaces?: number;
  /** The process of which the pid names a thread. */
  readonly isThread?: number | undefined;
  /** The profile of the security module that confines it. */
  readonly profile?: string;
  /** The errno name with which the kernel refuses the memory of the process, ESRCH if it has ended; undefined if it does not. */
  readonly probe: string | undefined;
}

const ROOT = "run it as root, or give the program CAP_SYS_PTRACE (setcap cap_sys_ptrace=ep)";
const CAPABILITY =
  "give this program CAP_SYS_PTRACE, which a container drops (docker run --cap-add SYS_PTRACE), or capture from the host";

/** The reasons that block first. The kernel's answer decides: nothing is a reason if the memory can be opened. */
export function findingsOf(facts: ProcessFacts): Finding[] {
  const { pid, state, probe } = facts;
  if (state === undefined) {
    const hidden = facts.hidesProcesses ? ", or it is hidden: /proc is mounted with hidepid" : "";
    return [blocker("no-such-process", `There is no process ${pid}${hidden}`, facts.hidesProcesses ? ROOT : "")];
  }
  if ((state === "Z" || state === "X") && facts.otherTask === undefined) {
    return [blocker("zombie", `Process ${pid} has ended, and only its parent has not noticed: it has no memory any more`, "")];
  }
  if (facts.isKernelThread)
    return [blocker("kernel-thread", `Process ${pid} is a thread of the kernel, without memory of its own`, "")];
  if (facts.isThread !== undefined) {
    return [blocker("not-a-process", `${pid} is a thread of process ${facts.isThread}`, `capture process ${facts.isThread}`)];
  }
  if (facts.isOwn) return [blocker("own-process", `Process ${pid} is the one that captures`, "capture it from another process")];
  return [...(probe === undefined ? [] : obstacles(facts, probe)), ...remarks(facts)];
}

function obstacles(facts: ProcessFacts, probe: string): Finding[] {
  const { pid, uids = [], ownUid, mayTrace, yamaScope, profile = "" } = facts;
  if (probe === "ESRCH") return [blocker("no-such-process", `Process ${pid} has ended while it was looked at`, "")];
  if (probe === "ENOENT") {
    return [blocker("no-page-map", `The kernel has no /proc/${pid}/mem or pagemap`, "a kernel with CONFIG_PROC_PAGE_MONITOR")];
  }
  const found: Finding[] = [];
  const [user] = uids;
  // The remedy for root is the missing capability, not to become root.
  const lacks = ownUid === 0 && !mayTrace;
  const missing = () => blocker("missing-capability", "This program runs as root, but without CAP_SYS_PTRACE", CAPABILITY);
  if (uids.some((uid) => uid !== ownUid) && lacks) found.push(missing());
  else if (uids.some((uid) => uid !== ownUid) && !mayTrace) {
    found.push(
      blocker("other-user", `It runs as user ${user}, and this program as user ${ownUid}`, `run it as user ${user}, or as root`),
    );
  }
  if (yamaScope === 1 && !mayTrace) {
    const way = lacks ? CAPABILITY : "run as root";
    const remedy = `start the process from this one, set /proc/sys/kernel/yama/ptrace_scope to 0, or ${way}`;
    found.push(blocker("yama-scope", "Yama lets a process read only its own children (ptrace_scope 1)", remedy));
  } else if (yamaScope === 2 && !mayTrace) {
    found.push(
      blocker(
        "yama-scope",
        "Yama lets only programs with CAP_SYS_PTRACE read others (ptrace_scope 2)",
        lacks ? CAPABILITY : ROOT,
      ),
    );
  } else if (yamaScope === 3) {
    const remedy = "restart the system with another value: this one cannot be lowered while it runs";
    found.push(blocker("yama-scope", "Yama lets no process read another one (ptrace_scope 3)", remedy));
  }
  if (isConfined(profile)) {
    const found_ = `The security module confines it by the profile ${JSON.stringify(profile)}`;
    found.push(blocker("security-module", found_, "capture from outside the profile, or allow ptrace in it"));
  }
  if (found.length > 0) return found;
  if (lacks) return [missing()];
  if (!mayTrace) {
    const sentence = "It has other rights than this program, or has asked not to be read (PR_SET_DUMPABLE)";
    return [blocker("not-dumpable", sentence, ROOT)];
  }
  const modules = facts.securityModules === "" ? "" : `; security modules of the kernel: ${facts.securityModules}`;
  const remedy = facts.isInFirstNamespace
    ? "this program has CAP_SYS_PTRACE, so that only a policy of the kernel can refuse it: one that allows ptrace of this process"
    : "the capability has to hold in the user namespace of the process: capture it from the host";
  return [blocker("memory-denied", `The kernel refuses its memory (${probe})${modules}`, remedy)];
}

function remarks({ pid, otherTask, tracerPid = 0, namespaces = 1 }: ProcessFacts): Finding[] {
  const found: Finding[] = [];
  if (otherTask !== undefined) {
    const sentence = `The main thread of process ${pid} has ended, and others run: the process is read through its thread ${otherTask}`;
    found.push({ code: "main-thread-ended", blocks: false, found: sentence, remedy: "" });
  }
  if (tracerPid !== 0) {
    const sentence = `Process ${tracerPid} traces it, and may change its memory and registers`;
    found.push({ code: "already-traced", blocks: false, found: sentence, remedy: "end the debugger for an untouched capture" });
  }
  if (namespaces > 1) {
    const sentence = `Process ${pid} is in a container: its paths are those of its own root folder, and it knows itself by another pid`;
    found.push({ code: "pid-namespace", blocks: false, found: sentence, remedy: "" });
  }
  return found;
}

/** AppArmor calls a process without profile unconfined; SELinux has unconfined domains. */
function isConfined(profile: string): boolean {
  return profile !== "" && !/unconfined|^kernel$|^_$|^\//.test(profile);
}

function blocker(code: FindingCode, found: string, remedy: string): Finding {
  return { code, blocks: true, found, remedy };
}
