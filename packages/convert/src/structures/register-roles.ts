/** What registers are in a thread, by the names that gdb has for them, whichever format a dump has. */
import { RegisterFlag } from "@memslice/msl";

const PROGRAM_COUNTERS = ["rip", "eip", "pc"];
const STACK_POINTERS = ["rsp", "esp", "sp"];
const FRAME_POINTERS = ["rbp", "ebp", "x29", "fp"];
const FLAGS = ["rflags", "eflags", "cpsr"];

const ROLES: ReadonlyMap<string, number> = new Map(
  (
    [
      [RegisterFlag.Pc, PROGRAM_COUNTERS],
      [RegisterFlag.Sp, STACK_POINTERS],
      [RegisterFlag.Fp, FRAME_POINTERS],
      [RegisterFlag.Flags, FLAGS],
    ] as const
  ).flatMap(([role, names]) => names.map((name) => [name, role])),
);

/** `RegisterFlag` of a register; 0 for one without a role. */
export function roleOf(name: string): number {
  return ROLES.get(name) ?? 0;
}

const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  eflags: ["rflags"],
  cpsr: ["pstate"],
  x29: ["fp"],
  x30: ["lr"],
  sp: ["r13", "x31"],
  lr: ["r14"],
  pc: ["r15"],
};

/** Names that captures of other programs have for a register. */
export function otherNamesOf(name: string): readonly string[] {
  return OTHER_NAMES[name] ?? [];
}
