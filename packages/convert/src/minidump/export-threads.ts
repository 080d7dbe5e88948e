/** Threads of a capture as ThreadListStream with their contexts, the current thread first: debuggers begin there. */
import type { Capture, Thread } from "@memslice/msl";
import { counted, TimeSlice } from "@memslice/msl/work";
import type { ExportNotes } from "../export/export-report.js";
import { tellThreadFacts, threadFactsOf } from "../export/thread-facts-of.js";
import { encodeThreadFacts, THREAD_FACTS_SIZE } from "../own/thread-facts.js";
import type { ThreadSignal } from "../own/thread-signals.js";
import { type ContextLayout, Processor } from "./contexts.js";
import { type DumpException, exceptionStream, isLinux } from "./exceptions.js";
import { type Crash, crashOf, signalsBeside } from "./exported-exception.js";
import type { MinidumpPlan, PlannedStream } from "./file-plan.js";
import { contextOf, type RegisterValue } from "./registers.js";
import { encodeSignals } from "./signal-list.js";
import { SIZED_LIST, StreamType, THREAD, THREAD_INFO, THREAD_NAME } from "./structures.js";
import { encodedString } from "./texts.js";

/** SSE registers are stored at multiples of 16. */
const CONTEXT_ALIGNMENT = 16;
const ID_MOST = 0xffffffffn;
/** Names of registers that a note lists. */
const NAMES_MOST = 16;
/** Intervals of 100 ns from 1601-01-01 to 1970-01-01: the origin of FILETIME. */
const FILETIME_ORIGIN = 116_444_736_000_000_000n;
/** The register that has the address of the thread environment block of Windows. */
const TEB_REGISTERS: Readonly<Record<number, string>> = {
  [Processor.x86]: "fs_base",
  [Processor.amd64]: "gs_base",
  [Processor.arm64]: "x18",
};

export interface ExportedThreadsInput {
  readonly capture: Capture;
  readonly notes: ExportNotes;
  readonly processor: number;
  /** Undefined for processors that minidumps have no registers of. */
  readonly layout: ContextLayout | undefined;
  readonly isWindows: boolean;
  /** Note of Import Provenance; empty without one. */
  readonly provenance: string;
  readonly madeUpThread: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A thread with what the file says about it. */
interface Row {
  readonly id: number;
  readonly thread: Thread | undefined;
}

export class MinidumpThreads {
  readonly #input: ExportedThreadsInput;
  readonly #rows: readonly Row[];
  readonly #crash: Crash;
  readonly #zeros = new Set<string>();
  readonly #leftOut = new Set<string>();
  #contextsAt = 0;

  private constructor(input: ExportedThreadsInput, rows: readonly Row[]) {
    const { provenance: note, capture, notes } = input;
    this.#input = input;
    this.#rows = rows;
    const threads = rows.flatMap(({ id, thread }) => (thread ? [{ id, thread }] : []));
    this.#crash = crashOf(threads, { note, hasSignals: isLinux(capture.header.osType) }, notes);
  }

  static async of(input: ExportedThreadsInput): Promise<MinidumpThreads> {
    const { capture, notes, layout, madeUpThread, signal } = input;
    const threads = await capture.threads(signal);
    const rows: Row[] = [...threads.filter(({ current }) => current), ...threads.filter(({ current }) => !current)].map(
      (thread) => {
        if (thread.id > ID_MOST)
          notes.add("no place", "ThreadId", `Thread id ${thread.id} has more than 32 bits: the minidump holds the lowest 32`);
        if (thread.problem !== undefined) notes.add("missing", "ThreadContext", `Thread ${thread.id}: ${thread.problem}`);
        if (thread.registerCount === 0)
          notes.add("missing", "Registers", `Thread ${thread.id} has no registers: its context has none`);
        return { id: Number(thread.id & ID_MOST), thread };
      },
    );
    const crashed = threads.filter((thread) => thread.crashed);
    if (crashed.length > 1)
      notes.add("no place", "ExceptionStream", `${crashed.length} threads crashed; the minidump names the first one`);
    if (crashed.length > 0 && !crashed[0]?.current)
      notes.add(
        "no place",
        "Current",
        "The current thread did not crash: readers of minidumps take the thread that crashed for it",
      );
    if (!layout && rows.length > 0)
      notes.add("no place", "CONTEXT", "Minidumps have registers of x86, x86_64, ARM32 and ARM64: threads stand without");
    if (rows.length === 0 && madeUpThread) {
      const id = capture.header.pid;
      notes.add(
        "made up",
        "ThreadListStream",
        `Thread ${id} is made up and has no registers: the capture has no threads, and WinDbg and lldb insist on one`,
      );
      rows.push({ id, thread: undefined });
    } else if (rows.length === 0)
      notes.add(
        "no place",
        "ThreadListStream",
        "The minidump has no thread, since the capture has none; WinDbg and lldb insist on one",
      );
    return new MinidumpThreads(input, rows);
  }

  /** Threads of the capture; one that is made up does not count. */
  get count(): number {
    return this.#rows.filter(({ thread }) => thread).length;
  }

  get madeUp(): boolean {
    return this.#rows.some(({ thread }) => !thread);
  }

  /** The streams about threads. */
  streams(): PlannedStream[] {
    const { exception } = this.#crash;
    const signals = signalsBeside(this.#crash);
    const named = this.#rows.filter(({ thread }) => thread?.name);
    const timed = this.#rows.filter(({ thread }) => (thread?.startTimeNs ?? 0n) > 0n);
    return [
      { type: StreamType.threadList, place: (plan) => this.#placeList(plan) },
      ...(exception ? [{ type: StreamType.exception, place: () => this.#exception(exception) }] : []),
      ...(named.length > 0 ? [{ type: StreamType.threadNames, place: (plan: MinidumpPlan) => namesList(named, plan) }] : []),
      ...(timed.length > 0 ? [{ type: StreamType.threadInfoList, place: () => timesList(timed) }] : []),
      ...(this.#needsFacts() ? [{ type: StreamType.memsliceThreadFacts, place: () => factsList(this.#rows) }] : []),
      ...(signals.length > 0 ? [{ type: StreamType.memsliceSignals, place: () => this.#signals(signals) }] : []),
    ];
  }

  /** The signals that ExceptionStream does not have. */
  #signals(signals: readonly (readonly [id: number, signal: ThreadSignal])[]): Uint8Array {
    this.#input.notes.add(
      "no place",
      "Signals",
      `Signals of ${counted(signals.length, "threads")}, which Import Provenance tells and ExceptionStream does not have: a stream of memslice has them, which imports read and other programs pass over`,
    );
    return encodeSignals(signals.map(([id, signal]) => ({ threadId: BigInt(id), signal })));
  }

  /** Whether the other streams lack something that the capture says about its threads. */
  #needsFacts(): boolean {
    const { notes } = this.#input;
    const { exception } = this.#crash;
    const lacking = this.#rows.filter(({ id, thread }) => thread && lacksFacts(thread, id === exception?.threadId));
    for (const { thread } of lacking) if (thread) tellThreadFacts(thread, notes);
    if (lacking.length > 0)
      notes.add(
        "no place",
        "ThreadContext",
        `States of threads, and which ones are current and crashed: of ${counted(lacking.length, "threads")}, a stream of memslice has them, which imports read and other programs pass over`,
      );
    return lacking.length > 0 && !this.madeUp;
  }

  /** Contexts first, and then the list that names them. Registers are read when they are written: all contexts together may be large. */
  #placeList(plan: MinidumpPlan) {
    const { layout } = this.#input;
    if (layout)
      this.#contextsAt = plan.place(
        { size: this.#rows.length * this.#stride, bytes: () => this.#contexts(layout) },
        CONTEXT_ALIGNMENT,
      );
    return { size: 4 + this.#rows.length * THREAD.size, bytes: () => this.#list() };
  }

  get #stride(): number {
    return Math.ceil((this.#input.layout?.size ?? 0) / CONTEXT_ALIGNMENT) * CONTEXT_ALIGNMENT;
  }

  async *#contexts(layout: ContextLayout): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#input;
    const slice = new TimeSlice(signal);
    for (const { thread } of this.#rows) {
      if (slice.isSpent(64)) await slice.renew();
      const registers = (await thread?.registers(signal)) ?? [];
      const { context, zeros, leftOut } = contextOf(layout, registers);
      for (const name of zeros) this.#zeros.add(name);
      const teb = this.#tebName();
      for (const name of leftOut) if (name !== teb && this.#leftOut.size < 4096) this.#leftOut.add(name);
      const padded = new Uint8Array(this.#stride);
      padded.set(context);
      yield padded;
    }
    this.#report();
  }

  async *#list(): AsyncGenerator<Uint8Array, void, undefined> {
    const { layout, signal } = this.#input;
    const slice = new TimeSlice(signal);
    yield Uint8Array.from([0, 8, 16, 24], (shift) => (this.#rows.length >>> shift) & 0xff);
    for (const [index, { id, thread }] of this.#rows.entries()) {
      if (slice.isSpent(64)) await slice.renew();
      const context = layout ? { contextSize: layout.size, contextRva: this.#contextsAt + index * this.#stride } : {};
      // The bytes of the stack are in Memory64ListStream; a size here would ask for a place of 32 bits.
      yield THREAD.encode({ threadId: id, teb: await this.#teb(thread), stackStart: thread?.sp ?? 0n, ...context });
    }
  }

  #tebName(): string | undefined {
    return this.#input.isWindows ? TEB_REGISTERS[this.#input.processor] : undefined;
  }

  async #teb(thread: Thread | undefined): Promise<bigint> {
    const name = this.#tebName();
    const register: RegisterValue | undefined = name ? await thread?.register(name, this.#input.signal) : undefined;
    if (!register || register.value.length > 8) return 0n;
    return register.value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  #exception(exception: DumpException): Uint8Array {
    const { layout } = this.#input;
    const index = this.#rows.findIndex(({ id }) => id === exception.threadId);
    const context = layout ? { contextSize: layout.size, contextRva: this.#contextsAt + index * this.#stride } : {};
    return exceptionStream(exception, context);
  }

  #report(): void {
    const { notes } = this.#input;
    if (this.#zeros.size > 0)
      notes.add(
        "made up",
        "Registers",
        `Registers that a thread of the capture does not have are 0 in its context: ${listed(this.#zeros)}`,
      );
    if (this.#leftOut.size > 0)
      notes.add(
        "no place",
        "Registers",
        `Registers without a place in the context, or with fewer bytes than it has: ${listed(this.#leftOut)}`,
      );
  }
}

/** ThreadInfoListStream has times in 100 ns; readers take the thread of the exception for the current one that crashed, or else the first thread for the current one. */
function lacksFacts({ id, startTimeNs, state, current, crashed }: Thread, isException: boolean): boolean {
  const isTold = isException ? current && crashed : !crashed;
  return state !== 0 || !isTold || id > ID_MOST || startTimeNs % 100n !== 0n;
}

/** One record for each thread, in the order of ThreadListStream; names have a stream of their own. */
function factsList(rows: readonly Row[]): Uint8Array {
  const list = new Uint8Array(rows.length * THREAD_FACTS_SIZE);
  for (const [index, { thread }] of rows.entries())
    if (thread) list.set(encodeThreadFacts({ ...threadFactsOf(thread), name: "" }, "little"), index * THREAD_FACTS_SIZE);
  return list;
}

function listed(names: ReadonlySet<string>): string {
  const more = names.size - NAMES_MOST;
  return [...names].slice(0, NAMES_MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function namesList(rows: readonly Row[], plan: MinidumpPlan): Uint8Array {
  const list = new Uint8Array(4 + rows.length * THREAD_NAME.size);
  new DataView(list.buffer).setUint32(0, rows.length, true);
  for (const [index, { id, thread }] of rows.entries()) {
    const nameRva = BigInt(plan.place(encodedString(thread?.name ?? "")));
    THREAD_NAME.encodeInto(list, 4 + index * THREAD_NAME.size, { threadId: id, nameRva });
  }
  return list;
}

function timesList(rows: readonly Row[]): Uint8Array {
  const list = new Uint8Array(SIZED_LIST.size + rows.length * THREAD_INFO.size);
  SIZED_LIST.encodeInto(list, 0, { sizeOfHeader: SIZED_LIST.size, sizeOfEntry: THREAD_INFO.size, numberOfEntries: rows.length });
  for (const [index, { id, thread }] of rows.entries()) {
    const createTime = (thread?.startTimeNs ?? 0n) / 100n + FILETIME_ORIGIN;
    THREAD_INFO.encodeInto(list, SIZED_LIST.size + index * THREAD_INFO.size, { threadId: id, createTime });
  }
  return list;
}
