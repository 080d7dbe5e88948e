/** Captures with threads, in blocks of a proposed extension of version 1.1, with registers of several architectures. */

import type { Facts } from "../facts.js";
import { modules, processIdentity, recipe, someMemory } from "../process.js";
import type { CaptureKind, TableRecipe } from "../recipe.js";

type ThreadPayload = Extract<TableRecipe["payload"], { kind: "ThreadContext" }>;
type Register = ThreadPayload["registers"][number];

const Role = { none: 0, pc: 1, sp: 2, fp: 4, flags: 8 } as const;
const CURRENT = 1;
const CRASHED = 2;

interface Architecture {
  readonly name: string;
  readonly about: string;
  readonly archType: number;
  readonly threads: number;
  /** Name, width in bytes and role of each register, in file order. */
  readonly registers: readonly (readonly [name: string, width: number, role: number])[];
}

const numbered = (count: number, prefix: string, width: number) =>
  Array.from({ length: count }, (_, i) => [`${prefix}${i}`, width, Role.none] as const);

const ARCHITECTURES: readonly Architecture[] = [
  {
    name: "threads-x86_64",
    about: "three threads of x86_64 with x87 registers of 10 bytes and vectors of 16, 32 and 64",
    archType: 0x0001,
    threads: 3,
    registers: [
      ["rip", 8, Role.pc],
      ["rsp", 8, Role.sp],
      ["rbp", 8, Role.fp],
      ["rflags", 8, Role.flags],
      ...numbered(8, "st", 10),
      ...numbered(16, "xmm", 16),
      ...numbered(4, "ymm", 32),
      ...numbered(2, "zmm", 64),
    ],
  },
  {
    name: "threads-arm32",
    about: "one thread of ARM32, registers of 4 bytes",
    archType: 0x0003,
    threads: 1,
    registers: [["pc", 4, Role.pc], ["sp", 4, Role.sp], ["lr", 4, Role.none], ["cpsr", 4, Role.flags], ...numbered(13, "r", 4)],
  },
  {
    name: "threads-s390x",
    about: "two hundred threads of s390x, with a program status word of 16 bytes and access registers of 4",
    archType: 0x000a,
    threads: 200,
    registers: [
      ["pc", 8, Role.pc],
      ["r15", 8, Role.sp],
      ["psw", 16, Role.flags],
      ...numbered(15, "r", 8),
      ...numbered(16, "acr", 4),
    ],
  },
];

export const THREADS: readonly CaptureKind[] = ARCHITECTURES.map((architecture) => ({
  name: architecture.name,
  about: `${architecture.about}; only a proposal defines the blocks`,
  features: ["threads"],
  recipe: (facts) =>
    recipe(
      facts,
      () => {
        const threads = Array.from({ length: architecture.threads }, (_, i) => thread(facts, architecture, i));
        return [processIdentity(facts), ...modules(facts, 2), ...threads, ...someMemory(facts)];
      },
      { header: { archType: architecture.archType } },
    ),
}));

/** The last thread has the flag Current. */
function thread(facts: Facts, { threads, registers }: Architecture, index: number): TableRecipe {
  const { random } = facts;
  const current = index === threads - 1 ? CURRENT : 0;
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "ThreadContext",
      threadId: BigInt(facts.pid()) + (BigInt(index) << 40n),
      startTimeNs: random.oneIn(3) ? 0n : facts.earlierTime(),
      flags: current | (random.oneIn(9) ? CRASHED : 0),
      threadState: random.below(5),
      name: random.pick(["", "main", "wörker", "スレッド"]),
      registers: registers.map(([name, width, role]): Register => ({ name, flags: role, value: random.bytes(width) })),
    },
  };
}
