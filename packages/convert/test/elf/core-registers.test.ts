import { describe, expect, it } from "vitest";
import { CORE_REGISTERS, registersOf, setOf, valuesByName } from "../../src/elf/core-registers.js";

const X86_64 = CORE_REGISTERS.get(1)?.general;

describe("registers of a core", () => {
  it("registers have their names, sizes and roles, in the order of the set", () => {
    if (!X86_64) throw new Error("no set");
    const bytes = Uint8Array.from({ length: X86_64.size }, (_, i) => i);
    const registers = registersOf(X86_64, bytes);
    expect(registers).toHaveLength(27);
    // user_regs_struct: rip is register 16, eflags 18, rsp 19.
    expect(registers[16]).toEqual({ name: "rip", flags: 1, value: bytes.slice(128, 136) });
    expect(registers[18]).toMatchObject({ name: "eflags", flags: 8 });
    expect(registers[19]).toMatchObject({ name: "rsp", flags: 2, value: bytes.slice(152, 160) });
  });

  it("the bytes of a set that ends early are not made up", () => {
    if (!X86_64) throw new Error("no set");
    expect(registersOf(X86_64, new Uint8Array(20)).map(({ name }) => name)).toEqual(["r15", "r14"]);
  });

  it("a set takes a wide value whose other bytes are zero, and no value that lacks bytes", () => {
    if (!X86_64) throw new Error("no set");
    const wide = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0, 0);
    const values = valuesByName([
      { name: "rip", flags: 0, value: wide },
      { name: "rsp", flags: 0, value: wide.slice(0, 4) },
      { name: "rax", flags: 0, value: Uint8Array.from(wide, () => 1) },
      { name: "cs", flags: 0, value: wide.slice(0, 2) },
      { name: "cs", flags: 0, value: wide.slice(4, 6) },
      { name: "rflags", flags: 0, value: wide.slice(0, 4) },
    ]);
    const made = setOf(X86_64, values);
    expect(made.taken).toEqual(["rip", "cs", "rflags"]);
    expect(made.zeros).toHaveLength(24);
    expect([...made.bytes.subarray(128, 160)]).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8],
      ...[1, 2, 0, 0, 0, 0, 0, 0],
      ...[1, 2, 3, 4, 0, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 0, 0, 0],
    ]);
  });
});
