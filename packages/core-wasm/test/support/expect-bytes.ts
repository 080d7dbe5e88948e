import { expect } from "vitest";
import type { DecodeFailure, DecodeResult } from "../../src/index.js";

/** Fails unless `result` holds `bytes`. Compares with Buffer, because matchers take seconds for megabytes. */
export function expectBytes(result: DecodeResult, bytes: Uint8Array): void {
  if (!result.ok) throw new Error(`refused as ${result.reason} at ${result.at}`);
  expect(result.bytes.length).toBe(bytes.length);
  expect(Buffer.compare(result.bytes, bytes)).toBe(0);
}

export function expectFailure(result: DecodeResult, reason: DecodeFailure, at?: number): void {
  expect(result).toMatchObject(at === undefined ? { ok: false, reason } : { ok: false, reason, at });
}
