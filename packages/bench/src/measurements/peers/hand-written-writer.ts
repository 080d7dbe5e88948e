/** Writes Module Entries by hand: straight code with a DataView for one kind of block, without checks of the values, with memslice's BLAKE3. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import type { ModuleValue } from "../workloads/module-list.js";

const HEADER_BYTES = 80;
const UUID_AT = 16;
const PARENT_AT = 32;
const PREV_HASH_AT = 48;
const HASH_BYTES = 32;
const MODULE_ENTRY = 0x02;
const FIXED_BYTES = 0x18;
const BUFFER_BYTES = 256 * 1024;

export class HandWriter {
  readonly #file = new Blake3();
  readonly #parentUuid: Uint8Array;
  readonly #sink: (bytes: Uint8Array) => void;
  #prevHash: Uint8Array;
  #buffer = Buffer.alloc(BUFFER_BYTES);
  #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
  #filled = 0;

  /** Continues `capture`, a complete one whose first Module Entry is at `offset`, with other Module Entries from there on. */
  constructor(capture: Uint8Array, offset: number, write: (bytes: Uint8Array) => void) {
    this.#file.update(capture.subarray(0, offset));
    this.#parentUuid = capture.slice(offset + PARENT_AT, offset + PREV_HASH_AT);
    this.#prevHash = capture.slice(offset + PREV_HASH_AT, offset + HEADER_BYTES);
    this.#sink = write;
  }

  write({ uuid, baseAddr, moduleSize, path, version, diskHash, nativeBlob }: ModuleValue): void {
    // A character of UTF-16 takes at most three bytes of UTF-8.
    const most = HEADER_BYTES + FIXED_BYTES + 3 * (path.length + version.length) + HASH_BYTES + nativeBlob.length + 64;
    if (this.#filled + most > BUFFER_BYTES) this.#flush();
    const buffer = this.#buffer;
    const view = this.#view;
    const start = this.#filled;
    const payload = start + HEADER_BYTES;
    const pathAt = payload + FIXED_BYTES;
    const pathLength = buffer.write(path, pathAt) + 1;
    const versionAt = pathAt + padded(pathLength);
    const versionLength = buffer.write(version, versionAt) + 1;
    const hashAt = versionAt + padded(versionLength);
    const blobAt = hashAt + HASH_BYTES + 8;
    const end = blobAt + padded(nativeBlob.length);
    buffer.write("MSLC", start, "latin1");
    view.setUint16(start + 4, MODULE_ENTRY, true);
    view.setUint32(start + 8, end - start, true);
    view.setUint16(start + 12, 1, true);
    buffer.write(uuid.replaceAll("-", ""), start + UUID_AT, "hex");
    buffer.set(this.#parentUuid, start + PARENT_AT);
    buffer.set(this.#prevHash, start + PREV_HASH_AT);
    view.setBigUint64(payload, baseAddr, true);
    view.setBigUint64(payload + 8, moduleSize, true);
    view.setUint16(payload + 0x10, pathLength, true);
    view.setUint16(payload + 0x12, versionLength, true);
    buffer.set(diskHash, hashAt);
    view.setUint32(hashAt + HASH_BYTES, nativeBlob.length, true);
    buffer.set(nativeBlob, blobAt);
    this.#prevHash = blake3(buffer.subarray(start, end));
    this.#filled = end;
  }

  /** Returns the FileHash as hexadecimal. Writes no End-of-Capture. */
  end(): string {
    this.#flush();
    const digest = Buffer.from(this.#file.digest()).toString("hex");
    this.#file.release();
    return digest;
  }

  /** The array belongs to the sink from now on, so the next bytes go to a new one. */
  #flush(): void {
    const written = this.#buffer.subarray(0, this.#filled);
    this.#file.update(written);
    this.#sink(written);
    this.#buffer = Buffer.alloc(BUFFER_BYTES);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset);
    this.#filled = 0;
  }
}

function padded(length: number): number {
  return (length + 7) & ~7;
}
