/** Threads of a minidump as Thread Contexts, with names and times of other streams, and which one crashed. */
import { RegisterFlag, ThreadFlag, type WritableThreadContext } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { decodeThreadFacts, THREAD_FACTS_SIZE, type ThreadFacts } from "../own/thread-facts.js";
import { type ContextLayout, Processor, readLayout } from "./contexts.js";
import { LostFields } from "./lost-fields.js";
import { countedList, tellMissingRows } from "./memory-ranges.js";
import type { FilePart, MinidumpFile } from "./minidump-file.js";
import { type RegisterValue, registersOf } from "./registers.js";
import { EXCEPTION, SIZED_LIST, StreamType, THREAD, THREAD_INFO, THREAD_NAME } from "./structures.js";
import type { MinidumpTexts } from "./texts.js";

/** Threads that are imported: readers of captures list no more. */
const THREADS_MOST = 65_536;
/** Bytes of a context that are read: the structures, without the extended state behind them. */
const CONTEXT_MOST = 4096;
/** Intervals of 100 ns from 1601-01-01 to 1970-01-01: the origin of FILETIME. */
const FILETIME_ORIGIN = 116_444_736_000_000_000n;
/** Exception codes of dumps that somebody asked for: nothing crashed. Sources: Breakpad (DumpRequested of Linux), Crashpad (simulated). */
const ASKED_FOR: ReadonlySet<number> = new Set([0xffffffff, 0x0517a7ed]);

type ThreadRow = ReturnType<typeof THREAD.decode>;

export interface ThreadsInput {
  readonly file: MinidumpFile;
  readonly texts: MinidumpTexts;
  readonly notes: DumpNotes;
  /** ProcessorArchitecture of SystemInfo. */
  readonly processor: number;
  /** Whether the segment registers of Windows point to the thread environment block. */
  readonly isWindows: boolean;
}

/** The threads of ThreadListStream in its order; exactly one is the current one. */
export async function readThreads(input: ThreadsInput): Promise<WritableThreadContext[]> {
  const { file, notes } = input;
  const list = await countedList(file, StreamType.threadList, THREAD.size);
  const exception = await readException(file, notes);
  if (!list) return [];
  const found: ThreadRow[] = [];
  const rows = await file.eachRow(list.rows, { count: list.count, size: THREAD.size }, (window, at) => {
    if (found.length === THREADS_MOST) return false;
    found.push(THREAD.decode(window, at));
    return;
  });
  if (found.length === THREADS_MOST && rows < list.count) notes.lose(`threads behind the first ${THREADS_MOST} are not imported`);
  else tellMissingRows("ThreadListStream", BigInt(list.count), rows, notes);
  const names = await readNames(input);
  const times = await readTimes(file, notes);
  const facts = await readFacts(file, found, notes);
  const contexts = new Contexts(input);
  const lost = new LostFields();
  for (const { suspendCount, priorityClass, priority, teb } of found) {
    lost.addAll({ SuspendCount: suspendCount, PriorityClass: priorityClass, Priority: priority });
    if (!input.isWindows || tebRegister(input.processor, teb).length === 0) lost.add("Teb", teb);
  }
  lost.tell(notes, "ThreadListStream", "threads");
  const kept: KeptThread[] = [];
  const exceptionAt = found.findIndex(({ threadId }) => threadId === exception?.threadId);
  for (const [index, row] of found.entries()) {
    const isException = index === exceptionAt;
    const own = isException && exception ? file.part(exception.contextRva, exception.contextSize) : undefined;
    if (own && row.contextSize > 0 && row.contextRva !== exception?.contextRva)
      notes.lose(`thread ${row.threadId} has two contexts: the one of the exception is imported`);
    const context = await contexts.read(own ?? file.part(row.contextRva, row.contextSize), row);
    if (hasPlace(context())) kept.push({ row, context, isException, facts: facts?.[index] });
    else notes.lose(`thread ${row.threadId} has no program counter or stack pointer, without which captures hold no thread`);
  }
  contexts.tell();
  const stated = kept.findIndex((thread) => thread.facts?.current);
  const currentAt =
    stated >= 0
      ? stated
      : Math.max(
          0,
          kept.findIndex(({ isException }) => isException),
        );
  return kept.map(({ row: { threadId }, context, isException, facts: own }, index) => {
    const crashed = own ? own.crashed : isException && !ASKED_FOR.has(exception?.exceptionCode ?? 0);
    return new ImportedThread(context, {
      threadId: own?.id ?? BigInt(threadId),
      flags: (index === currentAt ? ThreadFlag.Current : 0) | (crashed ? ThreadFlag.Crashed : 0),
      threadState: own?.state ?? 0,
      name: names.get(threadId) ?? "",
      startTimeNs: own?.startTimeNs ?? times.get(threadId) ?? 0n,
    });
  });
}

interface KeptThread {
  readonly row: ThreadRow;
  readonly context: Registers;
  readonly isException: boolean;
  /** What an export of ours added. */
  readonly facts: ThreadFacts | undefined;
}

/** The records of an exported minidump, one for each thread of the list in its order; undefined if there are none, or if one is not about its thread. */
async function readFacts(
  file: MinidumpFile,
  threads: readonly ThreadRow[],
  notes: DumpNotes,
): Promise<readonly ThreadFacts[] | undefined> {
  const stream = file.stream(StreamType.memsliceThreadFacts);
  if (!stream) return undefined;
  const facts: ThreadFacts[] = [];
  if (stream.size === threads.length * THREAD_FACTS_SIZE)
    await file.eachRow(stream, { count: threads.length, size: THREAD_FACTS_SIZE }, (window, at, row) => {
      const one = decodeThreadFacts(window.subarray(at, at + THREAD_FACTS_SIZE), threads[row]?.threadId ?? 0, "little");
      if (one) facts.push(one);
      return one !== undefined;
    });
  if (facts.length === threads.length) return facts;
  notes.damage("the stream of memslice about threads does not fit the list of threads: states of threads are not imported");
  return undefined;
}

/** Makes the registers of a thread: as objects they take ten times the bytes of the context. */
type Registers = () => readonly RegisterValue[];

/** Whether a Thread Context can hold the registers: it has to say where the thread is (FORMAT.md 4.23). */
function hasPlace(registers: readonly RegisterValue[]): boolean {
  return [RegisterFlag.Pc, RegisterFlag.Sp].every((role) => registers.some(({ flags }) => (flags & role) !== 0));
}

/** A thread whose registers are made when they are asked for. */
class ImportedThread implements WritableThreadContext {
  readonly threadId: bigint;
  readonly flags: number;
  readonly threadState: number;
  readonly name: string;
  readonly startTimeNs: bigint;
  readonly #context: Registers;

  constructor(context: Registers, stated: Pick<ImportedThread, "threadId" | "flags" | "threadState" | "name" | "startTimeNs">) {
    this.threadId = stated.threadId;
    this.flags = stated.flags;
    this.threadState = stated.threadState;
    this.name = stated.name;
    this.startTimeNs = stated.startTimeNs;
    this.#context = context;
  }

  get registers(): readonly RegisterValue[] {
    return this.#context();
  }
}

/** Reads contexts. Threads that name the same bytes share them, and all contexts together are no larger than the file: hostile ones overlap. */
class Contexts {
  readonly #input: ThreadsInput;
  readonly #known = new Map<number, Uint8Array>();
  readonly #lost = new LostFields();
  #left: number;

  constructor(input: ThreadsInput) {
    this.#input = input;
    this.#left = input.file.source.size;
  }

  async read(part: FilePart | undefined, { threadId, teb }: ThreadRow): Promise<Registers> {
    const { notes, processor, isWindows } = this.#input;
    const known = part && (this.#known.get(part.rva) ?? (await this.#bytesOf(part)));
    const layout = known && readLayout(processor, known);
    if (!part) notes.lose(`thread ${threadId} has no registers`);
    else if (!layout) notes.lose(`the registers of thread ${threadId} have a form that is not known for processor ${processor}`);
    else if (known.length < layout.size) notes.damage(`the registers of thread ${threadId} are cut off`);
    const base = isWindows && teb !== 0n ? tebRegister(processor, teb) : [];
    if (part && known && layout) {
      this.#lost.add("bytes behind the structure", part.size > layout.size ? part.size - layout.size : 0);
      this.#lost.add("bytes without a register", unnamedBytes(layout, known));
    }
    return () => [...(known && layout ? registersOf(layout, known) : []), ...base];
  }

  /** Tells what contexts have and captures have not. */
  tell(): void {
    this.#lost.tell(this.#input.notes, "CONTEXT", "threads");
  }

  async #bytesOf(part: FilePart): Promise<Uint8Array> {
    const { file, processor } = this.#input;
    const data = await file.read(part, CONTEXT_MOST);
    // Behind the known structure lies the extended state of newer processors (XSTATE), whose size differs.
    const kept = data.slice(0, readLayout(processor, data)?.size ?? 0);
    this.#left -= kept.length;
    if (this.#left < 0) return new Uint8Array(0);
    this.#known.set(part.rva, kept);
    return kept;
  }
}

/** How many bytes of a context are not zero and belong to no register. */
function unnamedBytes(layout: ContextLayout, context: Uint8Array): number {
  const rest = context.slice();
  rest.fill(0, layout.flagsAt, layout.flagsAt + layout.flagsSize);
  for (const { at, size } of layout.registers) rest.fill(0, at, at + size);
  return rest.reduce((count, byte) => (byte === 0 ? count : count + 1), 0);
}

/** Where Windows keeps the address of the thread environment block: a segment base, which no context has. ARM64 has it in x18. */
const TEB_REGISTERS: Readonly<Record<number, readonly [name: string, size: number]>> = {
  [Processor.x86]: ["fs_base", 4],
  [Processor.amd64]: ["gs_base", 8],
};

function tebRegister(processor: number, teb: bigint): RegisterValue[] {
  const [name, size] = TEB_REGISTERS[processor] ?? ["", 0];
  if (size === 0 || teb >= 1n << BigInt(8 * size)) return [];
  return [{ name, flags: 0, value: Uint8Array.from({ length: size }, (_, at) => Number((teb >> BigInt(8 * at)) & 0xffn)) }];
}

type ExceptionRow = ReturnType<typeof EXCEPTION.decode>;

async function readException(file: MinidumpFile, notes: DumpNotes): Promise<ExceptionRow | undefined> {
  const data = await file.head(StreamType.exception, EXCEPTION.size);
  if (!data) return undefined;
  if (data.length < EXCEPTION.size) {
    notes.damage("ExceptionStream is cut off");
    return undefined;
  }
  const exception = EXCEPTION.decode(data);
  const { threadId, exceptionCode, exceptionAddress, numberParameters, exceptionInformation } = exception;
  const view = new DataView(exceptionInformation.buffer);
  const parameters = Array.from({ length: Math.min(numberParameters, 15) }, (_, index) =>
    hex(view.getBigUint64(8 * index, true)),
  );
  const { exceptionFlags, exceptionRecord } = exception;
  const more = [
    ...(exceptionFlags === 0 ? [] : [`flags ${hex(exceptionFlags)}`]),
    ...(exceptionRecord === 0n ? [] : [`record ${hex(exceptionRecord)}`]),
  ];
  const words = [`exception ${hex(exceptionCode)} at ${hex(exceptionAddress)} in thread ${threadId}`, ...more].join(", ");
  notes.lose(`${words}, parameters ${parameters.join(" ") || "none"}: captures have no block for it`);
  return exception;
}

const hex = (value: number | bigint) => `0x${value.toString(16)}`;

async function readNames({ file, texts, notes }: ThreadsInput): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  const list = await countedList(file, StreamType.threadNames, THREAD_NAME.size);
  if (!list) return names;
  const rvas: [number, bigint][] = [];
  const rows = await file.eachRow(list.rows, { count: list.count, size: THREAD_NAME.size }, (window, at) => {
    const { threadId, nameRva } = THREAD_NAME.decode(window, at);
    rvas.push([threadId, nameRva]);
    return rvas.length < THREADS_MOST;
  });
  if (rvas.length < THREADS_MOST) tellMissingRows("ThreadNamesStream", BigInt(list.count), rows, notes);
  for (const [id, rva] of rvas) if (!names.has(id)) names.set(id, await texts.at(Number(rva), "the name of a thread"));
  return names;
}

/** When threads began, nanoseconds since 1970-01-01 UTC, by id. */
async function readTimes(file: MinidumpFile, notes: DumpNotes): Promise<Map<number, bigint>> {
  const times = new Map<number, bigint>();
  const stream = file.stream(StreamType.threadInfoList);
  if (!stream || stream.size < SIZED_LIST.size) return times;
  const { sizeOfHeader, sizeOfEntry, numberOfEntries } = SIZED_LIST.decode(await file.read(stream, SIZED_LIST.size));
  if (sizeOfEntry < THREAD_INFO.size || sizeOfHeader > stream.size) return times;
  const part = { rva: stream.rva + sizeOfHeader, size: stream.size - sizeOfHeader };
  const lost = new LostFields();
  await file.eachRow(part, { count: numberOfEntries, size: sizeOfEntry }, (window, at) => {
    const { threadId, createTime, dumpFlags, dumpError, exitStatus, exitTime, ...rest } = THREAD_INFO.decode(window, at);
    const { kernelTime, userTime, startAddress, affinity } = rest;
    lost.addAll({ DumpFlags: dumpFlags, DumpError: dumpError, ExitStatus: exitStatus, ExitTime: exitTime });
    lost.addAll({ KernelTime: kernelTime, UserTime: userTime, StartAddress: startAddress, Affinity: affinity });
    if (createTime > FILETIME_ORIGIN) times.set(threadId, BigInt.asUintN(64, (createTime - FILETIME_ORIGIN) * 100n));
    return times.size < THREADS_MOST;
  });
  lost.tell(notes, "ThreadInfoListStream", "threads");
  return times;
}
