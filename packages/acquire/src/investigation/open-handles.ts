/** The open descriptors of all processes: the rows of the Handle Table, and which process has which socket. */
import { readlinkSync, type Stats, statSync } from "node:fs";
import type { WritableHandleEntry } from "@memslice/msl";
import { textOf } from "../identity/process-identity.js";
import { memoryTask } from "../proc/process-threads.js";
import { RemoteMounts } from "../proc/remote-mounts.js";
import type { Host } from "./host.js";
import { numberedNames, UNITS_PER_CALL } from "./table-pieces.js";

/** Codes of HandleType. */
const HANDLE = { unknown: 0, file: 1, directory: 2, socket: 3, pipe: 4, device: 5, other: 255 } as const;
/** What the kernel shows of descriptors without a path begins like this. */
const WITHOUT_PATH: readonly (readonly [string, number])[] = [
  ["socket:[", HANDLE.socket],
  ["pipe:[", HANDLE.pipe],
];

export interface OpenHandle {
  readonly pid: number;
  /** The id whose folder in /proc has the descriptor (`memoryTask`). */
  readonly task: number;
  readonly fd: number;
  /** What the kernel shows: a path, or `socket:[INODE]`. Empty if it could not be read. */
  readonly target: string;
}

/** The descriptors of all processes, in batches, those of the captured process first. */
export async function* openHandles(host: Host): AsyncGenerator<OpenHandle[], void, undefined> {
  yield* handlesOf(host, host.pid);
  for await (const pids of numberedNames("/proc", host.slice)) {
    for (const pid of pids) if (pid !== host.pid) yield* handlesOf(host, pid);
  }
}

async function* handlesOf({ gaps, slice }: Host, pid: number): AsyncGenerator<OpenHandle[], void, undefined> {
  const task = memoryTask(pid);
  try {
    for await (const descriptors of numberedNames(`/proc/${task}/fd`, slice)) {
      const handles: OpenHandle[] = [];
      for (const fd of descriptors) {
        if (slice.isSpent(UNITS_PER_CALL)) await slice.renew();
        try {
          handles.push({ pid, task, fd, target: readlinkSync(`/proc/${task}/fd/${fd}`) });
        } catch (cause) {
          if (gaps.add("/proc/PID/fd/FD", cause)) handles.push({ pid, task, fd, target: "" });
        }
      }
      yield handles;
    }
  } catch (cause) {
    gaps.add("/proc/PID/fd", cause);
  }
}

/** The rows of the Handle Table. */
export async function* handleRows(host: Host): AsyncGenerator<WritableHandleEntry[], void, undefined> {
  const mounts = new RemoteMounts();
  for await (const handles of openHandles(host)) {
    const rows: WritableHandleEntry[] = [];
    for (const handle of handles) {
      if (host.slice.isSpent(2 * UNITS_PER_CALL)) await host.slice.renew();
      const { pid, fd, target } = handle;
      rows.push({ pid, fd, handleType: typeOf(handle, mounts), path: textOf(target) });
    }
    yield rows;
  }
}

function typeOf({ task, fd, target }: OpenHandle, mounts: RemoteMounts): number {
  const known = WITHOUT_PATH.find(([start]) => target.startsWith(start));
  if (known) return known[1];
  if (target !== "" && !target.startsWith("/")) return HANDLE.other;
  if (mounts.hasDescriptor(task, fd)) return HANDLE.unknown;
  try {
    return typeOfFile(statSync(`/proc/${task}/fd/${fd}`));
  } catch {
    return HANDLE.unknown;
  }
}

function typeOfFile(file: Stats): number {
  if (file.isFile()) return HANDLE.file;
  if (file.isDirectory()) return HANDLE.directory;
  if (file.isCharacterDevice() || file.isBlockDevice()) return HANDLE.device;
  if (file.isFIFO()) return HANDLE.pipe;
  return file.isSocket() ? HANDLE.socket : HANDLE.other;
}
