/**
 * Threads with the values of their registers, from Thread Contexts; and the module and the region that contain an address. If there are several blocks
 * of a thread, several current threads or several registers with the same role, the first of them is used.
 */
import { type Deviation, type DeviationValues, shownDeviation } from "../deviations/deviation.js";
import { BlockType, RegisterFlag, ThreadFlag } from "../format/codes.js";
import type { Decoded } from "../format/layout/fields.js";
import { THREAD_CONTEXT } from "../format/payloads/process-tables.js";
import { addressJson } from "../json/layout-json.js";
import { Shown } from "../json/shown.js";
import type { Region } from "../memory/region.js";
import { itemsInSlices } from "../source/time-slice.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import type { BlockResult } from "./decode-block.js";
import type { Module } from "./modules.js";

type ThreadContext = Decoded<typeof THREAD_CONTEXT>;

/** A register as its producer stored it: the name may be empty or repeated, the width narrower or wider than the register. */
export interface Register {
  readonly name: string;
  /** Bytes of `value`, 0 to 255. */
  readonly width: number;
  /** `RegisterFlag`. */
  readonly flags: number;
  /** Little-endian, vector registers too. */
  readonly value: Uint8Array;
}

/** Most threads that are listed. A capture may hold millions of blocks of 112 bytes, and a process has some thousands of threads. */
const THREADS_MOST = 65_536;

/** The properties of a thread that depend on other blocks than its first. */
interface Standing {
  readonly blocks: number[];
  current: boolean;
}

/** A thread of the captured process, with the values of its registers if the capture has them. */
export class Thread extends Shown {
  /** The first block of the thread, from which all properties below are taken. */
  readonly block: CaptureBlock;
  readonly id: bigint;
  /** Empty if the producer did not know the name. */
  readonly name: string;
  /** Nanoseconds since 1970 UTC; 0 if unknown. */
  readonly startTimeNs: bigint;
  readonly state: number;
  readonly stateName: string;
  /** Whether the thread crashed the process. */
  readonly crashed: boolean;
  /** How many registers `registers` returns. */
  readonly registerCount: number;
  /** Program counter, stack pointer, frame pointer and flags register: the first register with the role; absent if no register has it. */
  readonly pc?: bigint;
  readonly sp?: bigint;
  readonly fp?: bigint;
  readonly flagsRegister?: bigint;
  /** Whether the block was found by searching behind damage. */
  readonly salvaged: boolean;
  /** Why registers are missing: the block is damaged or truncated. */
  readonly problem?: string;
  readonly #standing: Standing;

  /** `standing` is completed while later blocks are read. */
  constructor(block: CaptureBlock, context: Partial<ThreadContext>, problem: string | undefined, standing: Standing) {
    super();
    this.#standing = standing;
    const {
      threadId = 0n,
      name = "",
      startTimeNs = 0n,
      threadState = 0,
      threadStateName = "",
      flags = 0,
      registers = [],
    } = context;
    this.block = block;
    this.id = threadId;
    this.name = name;
    this.startTimeNs = startTimeNs;
    this.state = threadState;
    this.stateName = threadStateName;
    this.crashed = (flags & ThreadFlag.Crashed) !== 0;
    this.registerCount = registers.length;
    this.salvaged = block.salvaged;
    const role = (flag: number) => registers.find((register) => (register.flags & flag) !== 0);
    Object.assign(
      this,
      known({
        pc: registerValue(role(RegisterFlag.Pc)),
        sp: registerValue(role(RegisterFlag.Sp)),
        fp: registerValue(role(RegisterFlag.Fp)),
        flagsRegister: registerValue(role(RegisterFlag.Flags)),
        problem,
      }),
    );
  }

  /** Whether this is the thread to resume from. Exactly one is, if there are any. */
  get current(): boolean {
    return this.#standing.current;
  }

  /** Indexes of all blocks with this id, in file order: gdb captures hold the current thread twice. */
  get blocks(): readonly number[] {
    return this.#standing.blocks;
  }

  /** All registers of the thread's block, in its order; of a damaged block, the registers before the damage. */
  async registers(signal?: AbortSignal): Promise<readonly Register[]> {
    return contextOf(await this.block.decode(signal))?.registers ?? [];
  }

  /** The first register of that name, which producers write in lower case. */
  async register(name: string, signal?: AbortSignal): Promise<Register | undefined> {
    return (await this.registers(signal)).find((register) => register.name === name);
  }

  override toJSON() {
    const { id, name, startTimeNs, state, stateName, current, crashed, registerCount, pc, sp, fp, problem } = this;
    const addresses = Object.entries(known({ pc, sp, fp })).map(([role, address]) => [role, addressJson(address)]);
    return {
      block: this.block.index,
      id: String(id),
      name,
      startTimeNs: String(startTimeNs),
      state,
      stateName,
      current,
      crashed,
      registerCount,
      ...(Object.fromEntries(addresses) as { pc?: string; sp?: string; fp?: string }),
      ...(this.salvaged ? { salvaged: true } : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  }
}

/** The value as an unsigned integer; undefined for a register of no bytes. Never sign-extended. */
export function registerValue(register: Register | undefined): bigint | undefined {
  if (!register || register.width === 0) return undefined;
  return register.value.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export interface ThreadSurvey {
  /** In the order of their first blocks. */
  readonly threads: readonly Thread[];
  readonly deviations: readonly Deviation[];
}

/** `strict`: no threads are read, since the specification has none. */
export async function surveyThreads(blocks: BlockList, strict: boolean, signal: AbortSignal | undefined): Promise<ThreadSurvey> {
  const byId = new Map<bigint, { readonly thread: Thread; readonly standing: Standing }>();
  const currents = new Set<bigint>();
  const deviations: Deviation[] = [];
  let unlisted = 0;
  let last: CaptureBlock | undefined;
  if (strict) return { threads: [], deviations };
  for await (const block of itemsInSlices(blocks.ofType(BlockType.ThreadContext), signal)) {
    if (block.afterEoc) break;
    const result = await block.decode(signal);
    const context = contextOf(result);
    if (context?.threadId === undefined) continue;
    const known = byId.get(context.threadId);
    if (!known && byId.size === THREADS_MOST) {
      unlisted++;
      last = block;
      continue;
    }
    if (((context.flags ?? 0) & ThreadFlag.Current) !== 0) currents.add(context.threadId);
    if (known) {
      known.standing.blocks.push(block.index);
      deviations.push(at("THR-DUP", block, `Thread ${context.threadId} has block ${known.thread.block.index} already`));
      continue;
    }
    const standing = { blocks: [block.index], current: false };
    byId.set(context.threadId, { thread: new Thread(block, context, result.problem?.message, standing), standing });
  }
  const [id = byId.keys().next().value] = currents;
  const current = id === undefined ? undefined : byId.get(id);
  if (current) current.standing.current = true;
  if (current && currents.size !== 1) {
    const message = currents.size === 0 ? "No thread is Current: the first one is taken" : `${currents.size} threads are Current`;
    deviations.push(at("THR-CURRENT", current.thread.block, message, [currents.size]));
  }
  if (last) {
    const message = `${unlisted} blocks of further threads behind ${THREADS_MOST} are not listed`;
    deviations.push(at("CMP-LIMIT", last, message, [`${byId.size + unlisted} blocks`, THREADS_MOST]));
  }
  return { threads: [...byId.values()].map(({ thread }) => thread), deviations };
}

/** The Thread Context of a block, as far as it was decoded; undefined for another payload with the same code. */
function contextOf({ payload, partial, table }: BlockResult): Partial<ThreadContext> | undefined {
  if (payload?.kind === "ThreadContext") return payload;
  return table === THREAD_CONTEXT ? (partial as Partial<ThreadContext> | undefined) : undefined;
}

function known<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

function at(id: Deviation["id"], block: CaptureBlock, message: string, values: DeviationValues = []): Deviation {
  return shownDeviation({ id, message, values, offset: block.offset, block: block.index });
}

/** The module and the region that contain an address. */
export interface Place {
  readonly address: bigint;
  /** The module whose mapping contains the address, as `moduleAt` has it, and the offset from its base. */
  readonly module?: Module;
  readonly moduleOffset?: bigint;
  /** The region that contains the address. Of several regions, one that was not salvaged is preferred, then the one captured last. */
  readonly region?: Region;
}

/** `regions`: all that contain the address; none for an address beyond 64 bits, which a wider register may hold. */
export function placeOf(address: bigint, module: Module | undefined, regions: readonly Region[]): Place {
  let region: Region | undefined;
  for (const candidate of regions) if (!region || isBetter(candidate, region)) region = candidate;
  return {
    address,
    ...(module ? { module, moduleOffset: address - module.baseAddr } : {}),
    ...(region ? { region } : {}),
  };
}

function isBetter(a: Region, b: Region): boolean {
  if (a.salvaged !== b.salvaged) return b.salvaged;
  const [x, y] = [a.head.timestampNs, b.head.timestampNs];
  return x === y ? a.block.index > b.block.index : x > y;
}
