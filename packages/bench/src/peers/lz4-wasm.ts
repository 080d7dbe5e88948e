/**
 * lz4-wasm, loaded by file: the package has no entry point, and its module imports a .wasm file, which Node 20 cannot. Its own
 * glue code is evaluated with that one import replaced by an instance.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

interface Lz4Wasm {
  /** Encodes a block and puts its size before it, as u32. */
  compress(bytes: Uint8Array): Uint8Array;
  /** Decodes a block that follows its size as u32. */
  decompress(sizeAndBlock: Uint8Array): Uint8Array;
}

const require = createRequire(import.meta.url);
const WASM_IMPORT = /^import \* as wasm from '\.\/lz4_wasm_bg\.wasm';$/m;

export async function loadLz4Wasm(): Promise<Lz4Wasm> {
  const glue = readFileSync(require.resolve("lz4-wasm/lz4_wasm_bg.js"), "utf8");
  if (!WASM_IMPORT.test(glue)) throw new Error("lz4-wasm does not import its .wasm file as version 0.9.2 does");
  const source = glue.replace(WASM_IMPORT, "let wasm;\nexport const setInstance = (exports) => { wasm = exports; };");
  const module = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
  const binary = new WebAssembly.Module(readFileSync(require.resolve("lz4-wasm/lz4_wasm_bg.wasm")));
  module.setInstance(new WebAssembly.Instance(binary, { "./lz4_wasm_bg.js": module }).exports);
  return module as Lz4Wasm;
}
