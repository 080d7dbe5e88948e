/** The WebAssembly core, compiled on first use. Where the runtime forbids it, that is said in words before any work is begun. */
import { defaultCore } from "@memslice/core-wasm";
import { MslError } from "./errors.js";

/** Throws `unsupported-runtime`. */
export function requireCore(): void {
  try {
    defaultCore();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The WebAssembly core cannot be compiled: ${reason}. A page needs 'wasm-unsafe-eval' in the script-src of its Content-Security-Policy`;
    throw new MslError("unsupported-runtime", message, { cause });
  }
}
