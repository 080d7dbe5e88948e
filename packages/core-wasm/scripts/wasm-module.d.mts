export function assertNoStaticData(wasm: Uint8Array): void;
export function unsharedMemoryModule(wasm: Uint8Array): Uint8Array;
