/** Stable identifiers of errors, for programs; the message is for people. */
export type MslErrorCode =
  /** The bytes do not begin with the magic of a capture. */
  | "not-msl"
  /** The file header has values that no capture has, or that a strict reader refuses. */
  | "bad-header"
  /** The major version is not known. */
  | "unsupported-version"
  /** HashAlgo is a code that is not implemented, so nothing can be verified. */
  | "unsupported-hash"
  /** The capture is encrypted, and the reader reads plain captures only. */
  | "encrypted"
  /** The capture is encrypted, and no secret was given that can open it. */
  | "missing-key"
  /** The secret cannot open any capture: it has the wrong length, or fails the checks of its mechanism. */
  | "bad-key"
  /** The cipher, the key derivation or the key encapsulation is not implemented. */
  | "unsupported-encryption"
  /** A secret was given for a capture that is not encrypted. */
  | "not-encrypted"
  /** The tag does not match: the key is wrong, or the capture was altered or cut. Nobody can tell which. */
  | "authentication-failed"
  /** The capture was changed while it was open. */
  | "changed"
  /** The data ends before the bytes that are needed: inside the header, or in a file that became shorter. */
  | "truncated"
  /** A strict reader refuses the file for a deviation of its blocks, or the payload of a block cannot be read. */
  | "damaged-block"
  /** There is no block with this index. */
  | "no-such-block"
  /** Memory was asked for as contiguous bytes, and some of it was not captured. */
  | "hole"
  /** A limit was passed; the message names the option that raises it. */
  | "limit"
  /** The source of the bytes failed: a file, a server, a stream. */
  | "source"
  /** The operating system does not let this process read what was asked for; the message says what would allow it. */
  | "not-permitted"
  /** The capture, the writer or the source was closed, or the writer has failed before. */
  | "closed"
  /** The signal of the caller was aborted. */
  | "aborted"
  /** A function was called with arguments or options that it does not take, or at the wrong time. */
  | "usage"
  /** A value that its field cannot hold, or that a conforming producer must not write. */
  | "bad-value"
  /** A block contradicts what the header or earlier blocks announced. */
  | "plan"
  /** The sink failed to take the written bytes. */
  | "sink"
  /** The unfinished capture cannot be continued. */
  | "not-resumable"
  /** The file is in no format that can be imported, breaks the rules of its format, or is too damaged. */
  | "not-importable"
  /** The runtime lacks WebAssembly, or a policy forbids it. */
  | "unsupported-runtime"
  /** A fault of this program; no capture should lead to it. */
  | "internal";

/** Where an `MslError` arose, and the error that led to it. */
export interface MslErrorDetails {
  /** Where the fault was found: bytes from the start of the file, or of the decrypted stream for blocks of an encrypted capture. */
  readonly offset?: number;
  /** Index of the block concerned. */
  readonly block?: number;
  /** The error that led to this one; of any type. */
  readonly cause?: unknown;
}

/** The class of all errors that this library throws on purpose. JSON.stringify shows all properties but `cause`, which may be of any type. */
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

  /** Name, code and message, and the place if there is one. Without `cause`, which may be of any type. */
  toJSON() {
    const { name, code, message, offset, block } = this;
    return { name, code, message, ...(offset === undefined ? {} : { offset }), ...(block === undefined ? {} : { block }) };
  }
}

/** The error for a caller whose signal was aborted. */
export function abortedError(signal: AbortSignal): MslError {
  return new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
}

/** The `usage` error for a value that is no signal and could never abort anything; undefined for signals. */
export function refusedSignal(signal: AbortSignal): MslError | undefined {
  if (typeof signal?.aborted === "boolean") return undefined;
  return new MslError(
    "usage",
    `The signal is ${signal === null ? "null" : `of the type ${typeof signal}`}, expected an AbortSignal`,
  );
}

/** Throws `aborted` if the signal was aborted, and `usage` for a value that is no signal. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const refusal = refusedSignal(signal);
  if (refusal) throw refusal;
  if (signal.aborted) throw abortedError(signal);
}
