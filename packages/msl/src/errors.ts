/** Stable identifiers of what went wrong; the message is for people, the code for programs. */
export type MslErrorCode =
  | "not-msl"
  | "bad-header"
  | "unsupported-version"
  | "unsupported-hash"
  /** A reader that reads plain captures only. */
  | "encrypted"
  /** No secret was given that an encrypted capture can be opened with. */
  | "missing-key"
  /** A key that cannot be one, whatever the capture: it has the wrong length, or fails its mechanism's checks. */
  | "bad-key"
  | "unsupported-encryption"
  /** A secret was given for a capture that is not encrypted. */
  | "not-encrypted"
  /** Wrong key, altered or cut capture: nobody can tell which. */
  | "authentication-failed"
  /** The capture was changed while it was open. */
  | "changed"
  | "truncated"
  | "damaged-block"
  | "no-such-block"
  | "hole"
  | "limit"
  | "source"
  | "closed"
  | "aborted"
  | "usage"
  /** A value that its field cannot hold, or that a conforming producer must not write. */
  | "bad-value"
  /** What was written contradicts what was announced. */
  | "plan"
  /** Written bytes could not be handed over. */
  | "sink"
  /** An unfinished capture that cannot be continued. */
  | "not-resumable"
  /** The runtime lacks, or a policy forbids, what the library needs: WebAssembly. */
  | "unsupported-runtime"
  /** A fault of this program; nothing in a capture should lead to it. */
  | "internal";

export interface MslErrorDetails {
  /** File offset in bytes where the fault was found. */
  readonly offset?: number;
  /** Index of the block concerned. */
  readonly block?: number;
  readonly cause?: unknown;
}

/** The one class of errors this library throws. JSON.stringify shows everything but `cause`, which may be anything. */
export class MslError extends Error {
  override readonly name = "MslError";
  readonly code: MslErrorCode;
  readonly offset: number | undefined;
  readonly block: number | undefined;

  constructor(code: MslErrorCode, message: string, details: MslErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.offset = details.offset;
    this.block = details.block;
  }

  toJSON() {
    const { name, code, message, offset, block } = this;
    return { name, code, message, ...(offset === undefined ? {} : { offset }), ...(block === undefined ? {} : { block }) };
  }
}

/** What a reader gets whose signal has asked to stop. */
export function abortedError(signal: AbortSignal): MslError {
  return new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
}

/** The refusal of what is no signal, and would never be heard; undefined for signals. */
export function refusedSignal(signal: AbortSignal): MslError | undefined {
  if (typeof signal?.aborted === "boolean") return undefined;
  return new MslError(
    "usage",
    `The signal is ${signal === null ? "null" : `of the type ${typeof signal}`}, expected an AbortSignal`,
  );
}

/** Throws `aborted` when the signal asks for it, and `usage` for what is no signal. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const refusal = refusedSignal(signal);
  if (refusal) throw refusal;
  if (signal.aborted) throw abortedError(signal);
}
