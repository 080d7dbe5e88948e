/**
 * Fingerprints of consecutive windows of a message, taken while it is authenticated, so that later reads of any part can tell
 * whether the bytes are still those. At most 2 MiB of them: windows have 128 KiB up to messages of 16 GiB, and grow from there on.
 */
import { startsWith } from "../bytes.js";
import { FINGERPRINT_SIZE, type WindowMac } from "./aead/aead.js";

/** Shorter ones cost more in starting a fingerprint, longer ones in reading a few bytes. */
const SMALLEST_WINDOW = 128 * 1024;
const MOST_WINDOWS = 131_072;

export class WindowDigests {
  /** Bytes of a window, the last one excepted: a power of two. */
  readonly windowBytes: number;
  readonly #mac: WindowMac;
  readonly #fingerprints: Uint8Array;

  /** `size`: bytes of the message. */
  constructor(size: number, mac: WindowMac) {
    let windowBytes = SMALLEST_WINDOW;
    while (Math.ceil(size / windowBytes) > MOST_WINDOWS) windowBytes *= 2;
    this.windowBytes = windowBytes;
    this.#mac = mac;
    this.#fingerprints = new Uint8Array(Math.ceil(size / windowBytes) * FINGERPRINT_SIZE);
  }

  /** Takes windows; `offset` is where the first one starts, and the last one is whole unless the message ends with it. */
  add(offset: number, bytes: Uint8Array): void {
    this.#forEach(offset, bytes, (index, window) => {
      this.#fingerprints.set(this.#mac.fingerprint(index, window), index * FINGERPRINT_SIZE);
      return true;
    });
  }

  /** Whether the windows are those that were added. */
  match(offset: number, bytes: Uint8Array): boolean {
    return this.#forEach(offset, bytes, (index, window) => {
      const at = index * FINGERPRINT_SIZE;
      return startsWith(this.#fingerprints, this.#mac.fingerprint(index, window), at);
    });
  }

  #forEach(offset: number, bytes: Uint8Array, use: (index: number, window: Uint8Array) => boolean): boolean {
    for (let at = 0; at < bytes.length; at += this.windowBytes) {
      if (!use((offset + at) / this.windowBytes, bytes.subarray(at, at + this.windowBytes))) return false;
    }
    return true;
  }
}
