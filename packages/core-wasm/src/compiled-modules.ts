/**
 * Compiles a binary once for each kind of memory. The published binary imports an unshared memory. One byte of its import section, the flag of
 * the memory's limits, makes it import a shared one.
 */

const LIMITS_WITH_MAXIMUM = 0x01;
const LIMITS_SHARED = 0x03;
/** The bytes before the flag: module `env`, name `memory`, kind 2 (memory). The binary has no other import. */
const MEMORY_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];

/** A binary of the package: what it is called in messages, its file in dist, and what gives its bytes or a module that the runtime has compiled. */
interface Binary {
  readonly name: string;
  readonly file: string;
  readonly load: () => Uint8Array<ArrayBuffer> | WebAssembly.Module;
}

export class CompiledModules {
  readonly #binary: Binary;
  #unshared: WebAssembly.Module | undefined;
  #shared: WebAssembly.Module | undefined;

  constructor(binary: Binary) {
    this.#binary = binary;
  }

  /**
   * The compiled module, cached. Throws a `TypeError` with a remedy where the runtime forbids compilation, and for shared memory in a runtime that
   * passes a compiled module (workerd).
   */
  get(kind: { readonly shared: boolean }): WebAssembly.Module {
    if (kind.shared) {
      this.#shared ??= compiled(this.#binary, declareSharedMemory(this.#binary.load()));
      return this.#shared;
    }
    if (this.#unshared === undefined) {
      const loaded = this.#binary.load();
      this.#unshared = loaded instanceof WebAssembly.Module ? loaded : compiled(this.#binary, loaded);
    }
    return this.#unshared;
  }
}

function compiled(binary: Binary, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.+$/, "");
    throw new TypeError(`The WebAssembly ${binary.name} cannot be compiled: ${reason}. ${remedyFor(reason, binary)}`, { cause });
  }
}

const WORKER_REMEDY =
  "Workers of workerd (Cloudflare Workers) run compiled modules only: bundle the worker with the condition 'workerd' (esbuild: --conditions=workerd), which imports";
const PAGE_REMEDY = "A page needs 'wasm-unsafe-eval' in the script-src of its Content-Security-Policy";

/** How browsers name the policy of a page. */
const POLICY = /content security policy|\bCSP\b/i;

/** workerd gives its name to workers with a compatibility date from 2022-03-21 on. Other runtimes are known by their reason, or not at all. */
function remedyFor(reason: string, { file }: Binary): string {
  const worker = `${WORKER_REMEDY} ${file}`;
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: unknown } };
  if (navigator?.userAgent === "Cloudflare-Workers") return worker;
  return POLICY.test(reason) ? PAGE_REMEDY : `${PAGE_REMEDY}. ${worker}`;
}

function declareSharedMemory(binary: Uint8Array<ArrayBuffer> | WebAssembly.Module): Uint8Array<ArrayBuffer> {
  if (binary instanceof WebAssembly.Module) throw new TypeError("This runtime has no shared WebAssembly memory");
  const flag = findMemoryLimits(binary);
  binary[flag] = LIMITS_SHARED;
  return binary;
}

function findMemoryLimits(binary: Uint8Array): number {
  const last = binary.length - MEMORY_IMPORT.length;
  for (let at = 8; at < last; at++) {
    if (MEMORY_IMPORT.every((byte, i) => binary[at + i] === byte)) {
      const flag = at + MEMORY_IMPORT.length;
      if (binary[flag] === LIMITS_WITH_MAXIMUM) return flag;
    }
  }
  throw new TypeError("The binary has no unshared memory import");
}
