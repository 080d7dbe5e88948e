/** Threads of a minidump as Thread Contexts, with names and times of other streams, and which one crashed. */
import { RegisterFlag, ThreadFlag, type WritableThreadContext } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { nextSlice } from "../dump/next-slice.js";
import { decodeThreadFacts, THREAD_FACTS_SIZE, type ThreadFacts } from "../own/thread-facts.js";
import type { ThreadSignal } from "../own/thread-signals.js";
import { ToldSignals } from "../own/told-signals.js";
import { type ContextLayout, Processor, readLayout } from "./contexts.js";
import { exceptionText, isCrash, type ReadException, readException, signalOfException } from "./exceptions.js";
import { LostFields } from "./lost-fields.js";
import type { FilePart, MinidumpFile } from "./minidump-file.js";
import { type RegisterValue, registersOf } from "./registers.js";
import { countedList, tellMissingRows } from "./row-lists.js";
import { decodeSignal, SIGNAL_SIZE, type SignalRow } from "./signal-list.js";
import { StreamType, THREAD } from "./structures.js";
import type { MinidumpTexts } from "./texts.js";
import { readThreadNames, readThreadTimes } from "./thread-tables.js";

/** Threads that are imported: readers of captures list no more. */
const THREADS_MOST = 65_536;
/** Bytes of a context that are read: the structures, without the extended state behind them. */
const CONTEXT_MOST = 4096;

type ThreadRow = ReturnType<typeof THREAD.decode>;

export interface ThreadsInput {
  readonly file: MinidumpFile;
  readonly texts: MinidumpTexts;
  readonly notes: DumpNotes;
  /** ProcessorArchitecture of SystemInfo. */
  readonly processor: number;
  /** Whether the segment registers of Windows point to the thread environment block. */
  readonly isWindows: boolean;
  /** Whether the code of the exception is a signal: on Linux and Android. */
  readonly hasSignals: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The threads of ThreadListStream in its order; exactly one is the current one. */
export async function readThreads(input: ThreadsInput): Promise<WritableThreadContext[]> {
  const { file, notes, texts } = input;
  const list = await countedList(file, StreamType.threadList, THREAD.size, notes);
  const exception = await readException(file, notes);
  if (!list) {
    if (exception) notes.lose(exceptionText(exception));
    // Without threads, all that is said about threads is told.
    await readThreadNames(file, texts, new Set(), notes);
    await readThreadTimes(file, new Set(), notes);
    return [];
  }
  const found: ThreadRow[] = [];
  const rows = await file.eachRow(list.rows, { count: list.count, size: THREAD.size }, (window, at) => {
    if (found.length === THREADS_MOST) return false;
    found.push(THREAD.decode(window, at));
    return;
  });
  if (found.length === THREADS_MOST && rows < list.count) notes.lose(`threads behind the first ${THREADS_MOST} are not imported`);
  else tellMissingRows("ThreadListStream", BigInt(list.count), rows, notes);
  const ids = new Set(found.map(({ threadId }) => threadId));
  const names = await readThreadNames(file, texts, ids, notes);
  const times = await readThreadTimes(file, ids, notes);
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
    const own = isException ? exception?.context : undefined;
    if (own && row.contextSize > 0 && row.contextRva !== own.rva)
      notes.lose(`thread ${row.threadId} has two contexts: the one of the exception is imported`);
    const context = await contexts.read(own ?? file.part(row.contextRva, row.contextSize), row);
    if (hasPlace(context())) kept.push({ row, context, isException, facts: facts?.[index] });
    else notes.lose(`thread ${row.threadId} has no program counter or stack pointer, without which captures hold no thread`);
  }
  contexts.tell();
  if (exception && exceptionAt < 0)
    notes.damage(
      `ExceptionStream names thread ${exception.threadId}, which the list of threads does not have: its registers are not imported`,
    );
  await tellExceptionAndSignals(input, exception, found, kept);
  const stated = kept.findIndex((thread) => thread.facts?.current);
  const currentAt =
    stated >= 0
      ? stated
      : Math.max(
          0,
          kept.findIndex(({ isException }) => isException),
        );
  return kept.map(({ row: { threadId }, context, isException, facts: own }, index) => {
    const crashed = own ? own.crashed : isException && exception !== undefined && isCrash(exception);
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

/** The signals that an export of ours added; none if the rows are not about threads of the list. */
async function readSignals(file: MinidumpFile, threads: readonly ThreadRow[], notes: DumpNotes): Promise<SignalRow[]> {
  const stream = file.stream(StreamType.memsliceSignals);
  if (!stream) return [];
  const ids = new Set(threads.map(({ threadId }) => threadId));
  const signals: SignalRow[] = [];
  // A hostile stream is as long as the file.
  const count = Math.min(threads.length, Math.floor(stream.size / SIGNAL_SIZE));
  await file.eachRow(stream, { count, size: SIGNAL_SIZE }, (window, at) => {
    const row = decodeSignal(window, at);
    const isKnown = row !== undefined && ids.has(Number(BigInt.asUintN(32, row.threadId)));
    if (isKnown) signals.push(row);
    return isKnown;
  });
  if (signals.length * SIGNAL_SIZE === stream.size) return signals;
  notes.damage("the stream of memslice about signals does not fit the list of threads: it is not used");
  return [];
}

/** Tells the signals of all threads, and of the exception what they do not say. */
async function tellExceptionAndSignals(
  { file, notes, hasSignals, signal: abort }: ThreadsInput,
  exception: ReadException | undefined,
  threads: readonly ThreadRow[],
  kept: readonly KeptThread[],
): Promise<void> {
  const signals = new ToldSignals();
  for (const { threadId, signal } of await readSignals(file, threads, notes)) signals.add(BigInt.asUintN(32, threadId), signal);
  const signal = exception && hasSignals ? signalOfException(exception) : undefined;
  if (exception && signal) signals.add(BigInt(exception.threadId), signal);
  if (exception && !(signal && isWhole(exception, signal, kept))) notes.lose(exceptionText(exception));
  const ids = threads.map(({ threadId }) => BigInt(threadId));
  await signals.tell(notes, ids, await nextSlice(abort));
}

/** Whether the signal says all that the exception does. The program counter stands for the address of a signal without one. */
function isWhole({ record, parameters, address }: ReadException, signal: ThreadSignal, kept: readonly KeptThread[]): boolean {
  if (record !== 0n || parameters.length > 0) return false;
  const registers = kept.find(({ isException }) => isException)?.context() ?? [];
  const counter = registers.find(({ flags }) => (flags & RegisterFlag.Pc) !== 0)?.value ?? new Uint8Array(0);
  return address === (signal.address ?? counter.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
}

/** Makes the registers of a thread: as objects they take ten times the bytes of the context. */
type Registers = () => readonly RegisterValue[];

/** Whether a Thread Context can hold the registers: it has to say where the thread is (specification, Thread Context). */
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
  for (const { at, of, size } of layout.copies ?? []) {
    const isCopy = context.subarray(at, at + size).every((byte, index) => byte === context[of + index]);
    if (isCopy) rest.fill(0, at, at + size);
  }
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
