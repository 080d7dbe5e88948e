/** Who a process is: the fields of Process Identity, and the architecture of its program. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { ARCH_TYPE, WritableProcessIdentity } from "@memslice/msl";
import { decoded, procLink, procTextIfAny } from "../proc/proc-file.js";
import { processStat, startTimeNs } from "../proc/process-stat.js";
import { memoryTask } from "../proc/process-threads.js";

/** Bytes of UTF-8 that a text of the format may have beside its NUL. */
const TEXT_MOST = 65_534;
const DELETED = " (deleted)";

/** Throws `source` if the process has ended. */
export function identityOf(pid: number): WritableProcessIdentity {
  const stat = processStat(pid);
  return {
    ppid: stat.parentPid,
    sessionId: stat.sessionId,
    startTimeNs: startTimeNs(stat),
    exePath: textOf(executablePath(pid) ?? ""),
    cmdLine: textOf(commandLine(pid)),
  };
}

/** The path of the program, as its mount namespace names it; undefined if it may not be read, or has none. */
export function executablePath(pid: number): string | undefined {
  const path = procLink(`/proc/${pid}/exe`) ?? procLink(`/proc/${memoryTask(pid)}/exe`);
  if (!path?.endsWith(DELETED)) return path;
  return isProgram(memoryTask(pid), path) ? path : path.slice(0, -DELETED.length);
}

/** Whether the file with the path is the program: a name can end with what the kernel writes behind that of a deleted file. */
function isProgram(task: number, path: string): boolean {
  try {
    const [program, file] = [`/proc/${task}/exe`, `/proc/${task}/root${path}`].map((one) => statSync(one, { bigint: true }));
    return program?.dev === file?.dev && program?.ino === file?.ino;
  } catch {
    return false;
  }
}

/** The arguments, with a blank between two. A process can overwrite them. */
export function commandLine(pid: number): string {
  const text = decoded(procTextIfAny(`/proc/${memoryTask(pid)}/cmdline`) ?? "");
  return text.replace(/\0+$/, "").replaceAll("\0", " ");
}

/** Text as the format can hold it: without NUL, and cut at a character. */
export function textOf(text: string): string {
  const whole = text.replaceAll("\0", " ");
  if (Buffer.byteLength(whole) <= TEXT_MOST) return whole;
  const cut = Buffer.from(whole).subarray(0, TEXT_MOST).toString("utf8");
  return cut.replace(/\uFFFD+$/, "");
}

export type Architecture = (typeof ARCH_TYPE.names)[keyof typeof ARCH_TYPE.names];

const ELF_MAGIC = 0x7f454c46;
/** Machines of ELF files (FORMAT of e_machine) that the format has a code for: the code of class 32, then of class 64. */
const MACHINES: Readonly<Record<number, readonly [Architecture, Architecture]>> = {
  3: ["x86", "x86"],
  8: ["MIPS32", "MIPS64"],
  20: ["PPC32", "PPC32"],
  21: ["PPC64", "PPC64"],
  22: ["s390x", "s390x"],
  40: ["ARM32", "ARM32"],
  62: ["x86_64", "x86_64"],
  183: ["ARM64", "ARM64"],
  243: ["RISC-V RV32", "RISC-V RV64"],
  258: ["LoongArch64", "LoongArch64"],
};
const ELF_HEADER_BYTES = 20;

/** The name of the architecture of the program, by the header of its file; undefined if that cannot be read. */
export function architectureOf(pid: number): Architecture | undefined {
  const header = Buffer.alloc(ELF_HEADER_BYTES);
  try {
    const file = openSync(`/proc/${memoryTask(pid)}/exe`, "r");
    try {
      if (readSync(file, header, 0, header.length, 0) < header.length) return undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  if (header.readUInt32BE(0) !== ELF_MAGIC) return undefined;
  const is64 = header[4] === 2;
  const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
  return MACHINES[machine]?.[is64 ? 1 : 0];
}
