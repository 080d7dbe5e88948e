/** From processes with a name to a sentence: why the name does not mean one of them. */
import type { Finding } from "../preflight/findings.js";
import { hidesProcesses } from "../preflight/preflight.js";
import type { FoundProcesses, PassedOverReason } from "./find-processes.js";

/** Bytes of a name that the kernel keeps (TASK_COMM_LEN of include/linux/sched.h, without the NUL). */
const KEPT_BYTES = 15;

const PASSED_OVER: Readonly<Record<PassedOverReason, string>> = {
  own: "is this program itself",
  ancestor: "started this program",
  zombie: "has ended, and only its parent has not noticed",
  "kernel-thread": "is a thread of the kernel",
};

/** What stands in the way of capturing the process with the name: that there is none, or several. undefined if there is exactly one. */
export function nameFinding(name: string, { processes, passedOver }: FoundProcesses): Finding | undefined {
  if (processes.length === 1) return undefined;
  const shown = JSON.stringify(name);
  if (processes.length > 1) {
    const found = `${processes.length} processes have the name ${shown}`;
    return { code: "ambiguous-name", blocks: true, found, remedy: "give the PID of the one that is meant" };
  }
  const others = passedOver.map(({ process: { pid }, reason }) => `; process ${pid} has the name, but ${PASSED_OVER[reason]}`);
  const remedies = [
    ...(passedOver.some(({ reason }) => reason === "ancestor") ? ["give the PID of a process that started this program"] : []),
    ...(Buffer.byteLength(name) > KEPT_BYTES
      ? [`the kernel keeps ${KEPT_BYTES} bytes of a name: give these, or the name of the file of the program`]
      : []),
    ...(hidesProcesses() ? ["run it as root: /proc is mounted with hidepid, and processes of others are hidden"] : []),
  ];
  return {
    code: "no-such-process",
    blocks: true,
    found: `No process has the name ${shown}${others.join("")}`,
    remedy: remedies.join("; "),
  };
}
