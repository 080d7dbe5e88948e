import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseText } from "../scripts/dense-text.mjs";
import { bytesOf, coreBinary as ofText } from "../src/binary/dense.js";
import { coreBinary as ofBase64 } from "../src/binary/inlined.js";

const FILE = readFileSync(new URL("../dist/core.wasm", import.meta.url));

describe("coreBinary", () => {
  it("coreBinary of Node decodes core.wasm from base64", () => {
    expect(isCore(ofBase64())).toBe(true);
  });

  it("coreBinary of browsers decodes core.wasm from dense text", () => {
    expect(isCore(ofText())).toBe(true);
  });
});

describe("dense text", () => {
  it("dense text holds any bytes, as printable ASCII that a string literal need not escape", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const dense = denseText(bytes);
        expect(dense.text).toMatch(/^[ !#%-[\]-_a-~]*$/);
        expect(bytesOf(dense)).toEqual(bytes);
      }),
    );
  });

  it("dense text of all byte values, each as often as any other, is decoded", () => {
    const bytes = Uint8Array.from({ length: 1024 }, (_, i) => i);
    expect(bytesOf(denseText(bytes))).toEqual(bytes);
  });

  it("core.wasm as dense text takes at most 3 % more than core.wasm when both are gzipped", () => {
    expect(gzipped(JSON.stringify(denseText(FILE)))).toBeLessThan(1.03 * gzipped(FILE));
  });
});

function isCore(binary: Uint8Array | WebAssembly.Module): boolean {
  return binary instanceof Uint8Array && FILE.equals(binary);
}

function gzipped(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}
