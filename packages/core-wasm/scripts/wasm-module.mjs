/**
 * Reads the sections of a WebAssembly module (core specification, section 5.5) that the build checks and changes.
 */
const IMPORT_SECTION = 2;
const DATA_SECTION = 11;
const MEMORY_IMPORT = 2;
const LIMITS_WITH_MAXIMUM = 0x01;
const LIMITS_SHARED = 0x03;

/** Throws for a module with static data: every instance would write the data again over a shared memory. */
export function assertNoStaticData(wasm) {
  for (const section of sections(wasm)) {
    if (section.id === DATA_SECTION)
      throw new Error(`core.wasm has a data section of ${section.end - section.start} bytes; kernels must keep no static data`);
  }
}

/** The same module with its one import, the memory, declared as unshared. */
export function unsharedMemoryModule(wasm) {
  const adapted = Buffer.from(wasm);
  for (const section of sections(wasm)) {
    if (section.id !== IMPORT_SECTION) continue;
    const count = leb128(wasm, section.start);
    if (count.value !== 1) throw new Error(`core.wasm imports ${count.value} items; only its memory may be imported`);
    const module = leb128(wasm, count.next);
    const name = leb128(wasm, module.next + module.value);
    const kind = name.next + name.value;
    if (wasm[kind] !== MEMORY_IMPORT || wasm[kind + 1] !== LIMITS_SHARED)
      throw new Error("core.wasm: the import is not a shared memory");
    adapted[kind + 1] = LIMITS_WITH_MAXIMUM;
    return adapted;
  }
  throw new Error("core.wasm has no import section");
}

function* sections(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const size = leb128(wasm, at + 1);
    yield { id: wasm[at], start: size.next, end: size.next + size.value };
    at = size.next + size.value;
  }
}

function leb128(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return { value: value >>> 0, next: at };
  }
}
