/** Reads the blocks of a capture with DataView and noble's hashes; shares no code with the library or the generator. */
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";

export interface PlainBlock {
  readonly offset: number;
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly uuid: string;
  readonly parentUuid: string;
  readonly prevHash: string;
  readonly payload: Uint8Array;
  /** The whole block: header and payload. */
  readonly bytes: Uint8Array;
}

type Hash = (bytes: Uint8Array) => string;

export const blake3Hex: Hash = (bytes) => hex(blake3(bytes));
/** Hash functions by HashAlgo: BLAKE3 of noble, SHA-2 of OpenSSL. */
export const HASHES: Readonly<Record<number, Hash>> = {
  0: blake3Hex,
  1: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  2: (bytes) => createHash("sha512-256").update(bytes).digest("hex"),
};

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** `stream`: bytes with blocks, the first at offset `first`. */
export function blocksOf(stream: Uint8Array, first: number): PlainBlock[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const blocks: PlainBlock[] = [];
  for (let at = first; at < stream.length; ) {
    const length = view.getUint32(at + 8, true);
    const bytes = stream.subarray(at, at + length);
    blocks.push({
      offset: at,
      length,
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      uuid: uuid(bytes.subarray(16, 32)),
      parentUuid: uuid(bytes.subarray(32, 48)),
      prevHash: hex(bytes.subarray(48, 80)),
      payload: bytes.subarray(80),
      bytes,
    });
    at += length;
  }
  return blocks;
}

/** A Memory Region's payload, uncompressed, as a manifest describes it. */
export function regionOf(payload: Uint8Array) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const pageSizeLog2 = view.getUint8(18);
  const numPages = Number(view.getBigUint64(8, true) >> BigInt(pageSizeLog2));
  const pageStates: [number, number, number][] = [];
  for (let page = 0; page < numPages; page++) {
    const state = (view.getUint8(32 + (page >> 2)) >> (6 - 2 * (page & 3))) & 3;
    const last = pageStates.at(-1);
    if (last?.[2] === state) last[1]++;
    else pageStates.push([page, 1, state]);
  }
  const pageData = payload.subarray(32 + Math.ceil(numPages / 32) * 8);
  return {
    baseAddr: view.getBigUint64(0, true).toString(),
    regionSize: view.getBigUint64(8, true).toString(),
    protection: view.getUint8(16),
    regionType: view.getUint8(17),
    pageSizeLog2,
    pageSize: String(2 ** pageSizeLog2),
    numPages: String(numPages),
    timestampNs: view.getBigUint64(24, true).toString(),
    pageStates,
    capturedBytes: String(pageData.length),
    pageDataBlake3: blake3Hex(pageData),
  };
}

function uuid(bytes: Uint8Array): string {
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
