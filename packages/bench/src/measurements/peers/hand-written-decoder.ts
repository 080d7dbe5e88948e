/** Decodes Module Entries by hand: straight code with a DataView for one kind of block, without checks of the content and without reports. */
import type { ModuleValue } from "../workloads/module-list.js";

/** `diskHash` and `nativeBlob` are views. */
export interface HandDecodedModule extends ModuleValue {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly flags: number;
}

const MAGIC = 0x4d534c43;
const HEADER_SIZE_AT = 9;
const HEADER_BYTES = 80;
const MODULE_ENTRY = 0x02;
const DISK_HASH_BYTES = 32;

/** Passes every Module Entry of a plain capture to `use`, in file order. */
export function decodeModulesByHand(capture: Uint8Array, use: (module: HandDecodedModule) => void): void {
  const bytes = Buffer.from(capture.buffer, capture.byteOffset, capture.length);
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length);
  let offset = view.getUint8(HEADER_SIZE_AT);
  for (let index = 0; offset + HEADER_BYTES <= bytes.length && view.getUint32(offset) === MAGIC; index++) {
    const length = view.getUint32(offset + 8, true);
    if (length < HEADER_BYTES || offset + length > bytes.length) break;
    if (view.getUint16(offset + 4, true) === MODULE_ENTRY) use(decodeModule(bytes, view, index, offset, length));
    offset += length;
  }
}

function decodeModule(bytes: Buffer, view: DataView, index: number, offset: number, length: number): HandDecodedModule {
  const payload = offset + HEADER_BYTES;
  const pathLength = view.getUint16(payload + 0x10, true);
  const versionLength = view.getUint16(payload + 0x12, true);
  const path = payload + 0x18;
  const version = path + paddedLength(pathLength);
  const diskHash = version + paddedLength(versionLength);
  const blobLength = view.getUint32(diskHash + DISK_HASH_BYTES, true);
  const blob = diskHash + DISK_HASH_BYTES + 8;
  return {
    index,
    offset,
    length,
    flags: view.getUint16(offset + 6, true),
    uuid: uuidText(bytes, offset + 16),
    baseAddr: view.getBigUint64(payload, true),
    moduleSize: view.getBigUint64(payload + 8, true),
    path: terminatedText(bytes, path, pathLength),
    version: terminatedText(bytes, version, versionLength),
    diskHash: bytes.subarray(diskHash, diskHash + DISK_HASH_BYTES),
    nativeBlob: bytes.subarray(blob, blob + blobLength),
  };
}

/** Texts are stored with a NUL at their end. */
function terminatedText(bytes: Buffer, at: number, length: number): string {
  return length === 0 ? "" : bytes.toString("utf8", at, at + length - 1);
}

function paddedLength(length: number): number {
  return (length + 7) & ~7;
}

function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
