import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { coreBinary } from "../src/binary/inlined.js";

const FILE = readFileSync(new URL("../dist/core.wasm", import.meta.url));

describe("coreBinary", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("coreBinary decodes core.wasm with Buffer", () => {
    expect(isCore(coreBinary())).toBe(true);
  });

  it("coreBinary decodes core.wasm where there is no Buffer", () => {
    vi.stubGlobal("Buffer", undefined);
    const binary = coreBinary();
    vi.unstubAllGlobals();
    expect(isCore(binary)).toBe(true);
  });

  it("coreBinary decodes core.wasm with Uint8Array.fromBase64 where there is one", () => {
    const texts: string[] = [];
    class Bytes extends Uint8Array {
      static fromBase64(text: string): Uint8Array {
        texts.push(text);
        return new Uint8Array(Buffer.from(text, "base64"));
      }
    }
    vi.stubGlobal("Uint8Array", Bytes);
    const binary = coreBinary();
    vi.unstubAllGlobals();
    expect(isCore(binary)).toBe(true);
    expect(texts).toEqual([FILE.toString("base64")]);
  });
});

function isCore(binary: Uint8Array | WebAssembly.Module): boolean {
  return binary instanceof Uint8Array && FILE.equals(binary);
}
