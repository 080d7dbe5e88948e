/** The jobs of a worker that compresses, and its answers. Bytes go over as buffers: of an array, Deno looks at every element on its way. */
import type { MslErrorCode } from "../../errors.js";
import type { CompressionRules, StoredPayload } from "../compress-payload.js";

export interface CompressionJob extends Pick<CompressionRules, "choice" | "verify"> {
  readonly payload: ArrayBuffer;
  readonly offered: readonly { readonly buffer: ArrayBuffer; readonly start: number; readonly length: number }[];
}

export type CompressionAnswer =
  | ({ readonly kind: "stored"; readonly bytes: ArrayBuffer } & Pick<StoredPayload, "flags" | "kept">)
  | { readonly kind: "failed"; readonly code: MslErrorCode; readonly message: string };

/** `payload` and what is offered fill or share buffers that nothing else lies in. */
export function jobOf(payload: Uint8Array, { choice, verify, offered }: CompressionRules): CompressionJob {
  const parts = offered.map((data) => ({ buffer: bufferOf(data), start: data.byteOffset, length: data.length }));
  return { payload: bufferOf(payload), choice, verify, offered: parts };
}

/** The buffers of a job, each once. */
export function buffersOf({ payload, offered }: CompressionJob): readonly ArrayBuffer[] {
  return [...new Set([payload, ...offered.map(({ buffer }) => buffer)])];
}

/** What `jobOf` was given. */
export function rulesOf({ choice, verify, offered }: CompressionJob): CompressionRules {
  return { choice, verify, offered: offered.map(({ buffer, start, length }) => new Uint8Array(buffer, start, length)) };
}

/** Arrays that payloads are gathered in and compressed to are never over shared memory. */
export function bufferOf({ buffer }: Uint8Array): ArrayBuffer {
  return buffer as ArrayBuffer;
}
