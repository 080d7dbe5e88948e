import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { assertNoStaticData, unsharedMemoryModule } from "../scripts/wasm-module.mjs";
import { blake3, Core } from "../src/index.js";

const wasm = readFileSync(new URL("../dist/core.wasm", import.meta.url));

describe("core.wasm", () => {
  it("core.wasm has no data section, which every instance would write again over shared memory", () => {
    expect(() => assertNoStaticData(wasm)).not.toThrow();
    // A module with an empty data section: magic, version, section 11 with no segments.
    expect(() => assertNoStaticData(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, 1, 0))).toThrow(/data section/);
  });

  it("core.wasm imports a memory, and nothing else", () => {
    const module = new WebAssembly.Module(wasm);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    expect(() => unsharedMemoryModule(wasm)).toThrow(/not a shared memory/);
  });

  it("core.wasm works on unshared and on shared memory with one binary", () => {
    const shared = new Core({ shared: true, initialBytes: 1 << 20 });
    expect(shared.memory.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    const input = new Uint8Array(5000).map((_, i) => i % 251);
    expect(blake3(input, shared)).toEqual(blake3(input, new Core()));
  });

  it("core.wasm gives two instances in one process separate memories", () => {
    const [first, second] = [new Core(), new Core()];
    const a = blake3(new Uint8Array(100), first);
    blake3(new Uint8Array(100_000).fill(7), second);
    expect(blake3(new Uint8Array(100), first)).toEqual(a);
  });
});

describe("a runtime that forbids WebAssembly to be compiled", () => {
  async function messageOf(
    use: (fresh: typeof import("../src/index.js")) => unknown,
    { navigator = {}, reason = "violates the following Content Security Policy directive: \"script-src 'self'\".." } = {},
  ): Promise<string> {
    vi.resetModules();
    class Forbidden {
      constructor() {
        throw new WebAssembly.CompileError(`WebAssembly.Module(): ${reason}`);
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Module: { value: Forbidden } }));
    vi.stubGlobal("navigator", navigator);
    try {
      const fresh = await import("../src/index.js");
      use(fresh);
      return "nothing was thrown";
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return (error as Error).message;
    } finally {
      vi.unstubAllGlobals();
      vi.resetModules();
    }
  }

  it.each([
    ["a hash", (fresh: typeof import("../src/index.js")) => fresh.blake3(new Uint8Array(3))],
    ["an encoder", (fresh: typeof import("../src/index.js")) => fresh.encodeLz4Block(new Uint8Array(3))],
    ["an instance with shared memory", (fresh: typeof import("../src/index.js")) => new fresh.Core({ shared: true })],
  ])("core.wasm refuses %s with a sentence that names the missing permission", async (_name, use) => {
    expect(await messageOf(use)).toMatch(
      /^The WebAssembly core cannot be compiled: .*violates.*'self'"\. A page needs 'wasm-unsafe-eval' in the script-src of its \S+$/,
    );
  });

  it("names the condition 'workerd', and no policy of pages, in a worker of Cloudflare", async () => {
    const worker = { navigator: { userAgent: "Cloudflare-Workers" }, reason: "Wasm code generation disallowed by embedder" };
    const message = await messageOf((fresh) => fresh.blake3(new Uint8Array(3)), worker);
    expect(message).toMatch(/ with the condition 'workerd'/);
    expect(message).not.toContain("wasm-unsafe-eval");
  });

  it("names both remedies for a reason that names neither a policy nor its runtime", async () => {
    const message = await messageOf((fresh) => fresh.blake3(new Uint8Array(3)), { reason: "not allowed" });
    expect(message).toMatch(/not allowed\. A page needs 'wasm-unsafe-eval'.* with the condition 'workerd'/);
  });
});
