/** What other streams say about the threads of ThreadListStream: their names, and when they began. */
import { counted } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { LostFields } from "./lost-fields.js";
import type { MinidumpFile } from "./minidump-file.js";
import { countedList, sizedList, tellMissingRows } from "./row-lists.js";
import { StreamType, THREAD_INFO, THREAD_NAME } from "./structures.js";
import type { MinidumpTexts } from "./texts.js";

/** Rows of a table that are read: no more threads are imported. */
const ROWS_MOST = 65_536;
/** Names of other threads that are told. */
const TOLD_MOST = 8;
/** Intervals of 100 ns from 1601-01-01 to 1970-01-01: the origin of FILETIME. */
const FILETIME_ORIGIN = 116_444_736_000_000_000n;

/** The names of threads by id: of several the first. Names of threads that are not in `threads` are told. */
export async function readThreadNames(
  file: MinidumpFile,
  texts: MinidumpTexts,
  threads: ReadonlySet<number>,
  notes: DumpNotes,
): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  const list = await countedList(file, StreamType.threadNames, THREAD_NAME.size, notes);
  if (!list) return names;
  const rvas: [number, bigint][] = [];
  const rows = await file.eachRow(list.rows, { count: list.count, size: THREAD_NAME.size }, (window, at) => {
    if (rvas.length === ROWS_MOST) return false;
    const { threadId, nameRva } = THREAD_NAME.decode(window, at);
    rvas.push([threadId, nameRva]);
    return;
  });
  if (rvas.length === ROWS_MOST && rows < list.count) notes.lose(`names of threads behind the first ${ROWS_MOST} are not read`);
  else tellMissingRows("ThreadNamesStream", BigInt(list.count), rows, notes);
  const others: string[] = [];
  let unused = 0;
  for (const [id, rva] of rvas) {
    const name = await texts.at(Number(rva), "the name of a thread");
    if (threads.has(id) && !names.has(id)) names.set(id, name);
    else if (name !== "" && name !== names.get(id) && unused++ < TOLD_MOST)
      others.push(`${JSON.stringify(name)} of thread ${id}`);
  }
  const more = unused > others.length ? ` and ${unused - others.length} more` : "";
  if (unused > 0)
    notes.lose(`names of threads that are not in the list of threads, or have another name: ${others.join(", ")}${more}`);
  return names;
}

/** When threads began, nanoseconds since 1970-01-01 UTC, by id. What else the stream says is told, as are rows about threads that are not in `threads`. */
export async function readThreadTimes(
  file: MinidumpFile,
  threads: ReadonlySet<number>,
  notes: DumpNotes,
): Promise<Map<number, bigint>> {
  const times = new Map<number, bigint>();
  const list = await sizedList(file, StreamType.threadInfoList, THREAD_INFO.size, notes);
  if (!list) return times;
  const lost = new LostFields();
  let others = 0;
  const rows = await file.eachRow(list.rows, list, (window, at, row) => {
    if (row === ROWS_MOST) return false;
    const { threadId, createTime, dumpFlags, dumpError, exitStatus, exitTime, ...rest } = THREAD_INFO.decode(window, at);
    const { kernelTime, userTime, startAddress, affinity } = rest;
    lost.addAll({ DumpFlags: dumpFlags, DumpError: dumpError, ExitStatus: exitStatus, ExitTime: exitTime });
    lost.addAll({ KernelTime: kernelTime, UserTime: userTime, StartAddress: startAddress, Affinity: affinity });
    if (!threads.has(threadId)) others++;
    else if (createTime > FILETIME_ORIGIN) times.set(threadId, BigInt.asUintN(64, (createTime - FILETIME_ORIGIN) * 100n));
    return;
  });
  if (rows === ROWS_MOST && rows < list.count) notes.lose(`times of threads behind the first ${ROWS_MOST} are not read`);
  else tellMissingRows("ThreadInfoListStream", BigInt(list.count), rows, notes);
  lost.tell(notes, "ThreadInfoListStream", "threads");
  if (others > 0) notes.lose(`times of ${counted(others, "threads")} not in the list of threads`);
  return times;
}
