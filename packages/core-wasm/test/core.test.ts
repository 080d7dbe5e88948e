import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assertNoStaticData, unsharedMemoryModule } from "../scripts/wasm-module.mjs";
import { blake3, Core } from "../src/index.js";

const wasm = readFileSync(new URL("../dist/core.wasm", import.meta.url));

describe("core.wasm", () => {
  it("keeps no static data, which every instance would write again over shared state", () => {
    expect(() => assertNoStaticData(wasm)).not.toThrow();
    // A module with an empty data section: magic, version, section 11 with no segments.
    expect(() => assertNoStaticData(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, 1, 0))).toThrow(/data section/);
  });

  it("imports its memory, and nothing else", () => {
    const module = new WebAssembly.Module(wasm);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    expect(() => unsharedMemoryModule(wasm)).toThrow(/not a shared memory/);
  });

  it("serves unshared and shared memory with one binary", () => {
    const shared = new Core({ shared: true, initialBytes: 1 << 20 });
    expect(shared.memory.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    const input = new Uint8Array(5000).map((_, i) => i % 251);
    expect(blake3(input, shared)).toEqual(blake3(input, new Core()));
  });

  it("lets two instances work in one process without disturbing each other", () => {
    const [first, second] = [new Core(), new Core()];
    const a = blake3(new Uint8Array(100), first);
    blake3(new Uint8Array(100_000).fill(7), second);
    expect(blake3(new Uint8Array(100), first)).toEqual(a);
  });
});
