/** The WebAssembly core, compiled on first use. Where the runtime forbids it, that is said in words before any work is begun. */
import { defaultCore } from "@memslice/core-wasm";
import { MslError } from "./errors.js";

const WORKER_REMEDY =
  "Workers of workerd (Cloudflare Workers) run compiled modules only: bundle the worker with the condition 'workerd' (esbuild: --conditions=workerd), which imports core.wasm";
const PAGE_REMEDY = "A page needs 'wasm-unsafe-eval' in the script-src of its Content-Security-Policy";

/** Throws `unsupported-runtime`. */
export function requireCore(): void {
  try {
    defaultCore();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("unsupported-runtime", `The WebAssembly core cannot be compiled: ${reason}. ${remedy()}`, { cause });
  }
}

/** workerd gives its name to workers with a compatibility date from 2022-03-21 on. Elsewhere the runtime is not known for sure. */
function remedy(): string {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: unknown } };
  return navigator?.userAgent === "Cloudflare-Workers" ? WORKER_REMEDY : `${PAGE_REMEDY}. ${WORKER_REMEDY}`;
}
