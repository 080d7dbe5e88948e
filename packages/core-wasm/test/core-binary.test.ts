import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denseText } from "../scripts/dense-text.mjs";
import { coreBinary as coreOfText } from "../src/binary/dense.js";
import { bytesOf } from "../src/binary/dense-text.js";
import { coreBinary as coreOfBase64 } from "../src/binary/inlined.js";
import { encodeBinary as encodeOfText } from "../src/encode/binary/dense.js";
import { encodeBinary as encodeOfBase64 } from "../src/encode/binary/inlined.js";
import { scanBinary as scanOfText } from "../src/scan/binary/dense.js";
import { scanBinary as scanOfBase64 } from "../src/scan/binary/inlined.js";

const FILE = binaryFile("core.wasm");

describe.each([
  { file: "core.wasm", ofBase64: coreOfBase64, ofText: coreOfText },
  { file: "encode.wasm", ofBase64: encodeOfBase64, ofText: encodeOfText },
  { file: "scan.wasm", ofBase64: scanOfBase64, ofText: scanOfText },
])("$file", ({ file, ofBase64, ofText }) => {
  it("modules for Node decode it from base64", () => {
    expect(holds(ofBase64(), file)).toBe(true);
  });

  it("modules for browsers decode it from dense text", () => {
    expect(holds(ofText(), file)).toBe(true);
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

function holds(binary: Uint8Array | WebAssembly.Module, file: string): boolean {
  return binary instanceof Uint8Array && binaryFile(file).equals(binary);
}

function binaryFile(name: string): Buffer {
  return readFileSync(new URL(`../dist/${name}`, import.meta.url));
}

function gzipped(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}
