import { uuidText } from "../format/layout/uuid-text.js";

/** A random UUID of version 4 (RFC 9562), also where `crypto.randomUUID` is missing, as in pages without TLS. */
export function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** Nanoseconds since 1970 UTC, as fine as the system's clock tells everywhere. */
export function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
