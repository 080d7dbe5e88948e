/**
 * What producers of Thread Contexts promise (memslice-spec, pull request 1): one block for each thread in front of the regions, one of them
 * current, each with a program counter and a stack pointer. Readers take the first of whatever there is more than once.
 */
import { MslError } from "../errors.js";
import { RegisterFlag, ThreadFlag } from "../format/codes.js";
import { EncodePath } from "../format/layout/encode-path.js";
import type { KindInput } from "./block-kinds.js";
import { type Missing, requireNone } from "./plan.js";

type ThreadInput = KindInput<"ThreadContext">;

const STATE_MOST = 4;
const THREAD_FLAGS = ThreadFlag.Current | ThreadFlag.Crashed;
const REGISTER_FLAGS = RegisterFlag.Pc | RegisterFlag.Sp | RegisterFlag.Fp | RegisterFlag.Flags;

export class WrittenThreads {
  readonly #ids = new Set<bigint>();
  #hasCurrent = false;
  /** Threads of another capture keep its promises, not ours. */
  #asRead = false;

  /** Throws `plan` for a thread that is there already, or that is current beside another one. */
  require({ threadId, flags }: ThreadInput, block: number): void {
    if (this.#ids.has(threadId)) throw new MslError("plan", `Thread ${threadId} has a Thread Context already`, { block });
    if (!isCurrent(flags) || !this.#hasCurrent) return;
    throw new MslError("plan", `Thread ${threadId} is Current, and another thread is so already`, { block });
  }

  note({ threadId, flags }: Pick<ThreadInput, "threadId" | "flags">): void {
    this.#ids.add(threadId);
    this.#hasCurrent ||= isCurrent(flags);
  }

  noteAsRead(): void {
    this.#asRead = true;
  }

  /** Throws `plan` if there are threads and none is current: once regions come, no thread can. */
  requireCurrent(): void {
    requireNone(this.missing(), false);
  }

  /** The current thread, if there are threads and none is current. */
  *missing(): Generator<Missing> {
    if (this.#hasCurrent || this.#asRead || this.#ids.size === 0) return;
    const message = `None of the ${this.#ids.size} threads is Current: one of them is the thread to resume from`;
    yield { kind: "current-thread", message };
  }
}

/** Throws `bad-value` naming the field for what a producer must not write. Readers accept all of that. */
export function requireProducedThread({ flags, threadState, registers }: ThreadInput): void {
  const path = new EncodePath("ThreadContext");
  if ((flags & ~THREAD_FLAGS) !== 0) throw path.field("flags").refuse(flags, "Current (1) and Crashed (2), if any");
  if (threadState > STATE_MOST) throw path.field("threadState").refuse(threadState, `0 to ${STATE_MOST}`);
  for (const [index, register] of registers.entries()) {
    const at = path.field("registers").entry(index);
    const { name } = register;
    if ((register.flags & ~REGISTER_FLAGS) !== 0)
      throw at.field("flags").refuse(register.flags, `bits of 0x${REGISTER_FLAGS.toString(16)}`);
    if (typeof name !== "string" || name === "" || name !== name.toLowerCase())
      throw at.field("name").refuse(name, "a name in lower case");
  }
  for (const [role, flag] of [
    ["PC", RegisterFlag.Pc],
    ["SP", RegisterFlag.Sp],
  ] as const) {
    const count = registers.filter((register) => (register.flags & flag) !== 0).length;
    if (count !== 1) throw path.field("registers").fault(`has ${count} registers flagged ${role}, expected 1`);
  }
}

function isCurrent(flags: number): boolean {
  return (flags & ThreadFlag.Current) !== 0;
}
