/** The WebAssembly core, compiled on first use. If the runtime forbids WebAssembly, an error says so before any work begins. */
import { defaultCore } from "@memslice/core-wasm";
import { MslError } from "./errors.js";

/** Throws `unsupported-runtime`. */
export function requireCore(): void {
  try {
    defaultCore();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // A TypeError of the core says by itself that the core cannot be compiled, and what to do.
    const message = cause instanceof TypeError ? reason : `The WebAssembly core cannot be started: ${reason}`;
    throw new MslError("unsupported-runtime", message, { cause });
  }
}
