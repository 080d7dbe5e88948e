import { MslError } from "../../errors.js";
import { extensionOffset } from "../../format/encryption-extension.js";
import { DEFAULT_LIMITS } from "../../options/limits.js";

/** Argon2id, which `#argon2` provides (specification, KDFType 1), its parameters, and limits on the parameters in a header. */
export interface Argon2Parameters {
  /** Passes. */
  readonly kdfTime: number;
  readonly kdfMemoryKiB: number;
  readonly kdfLanes: number;
}

/** Version 0x13, no secret, no associated data; returns 32 bytes. The parameters have been checked against limits. */
export type Argon2id = (password: Uint8Array, salt: Uint8Array, parameters: Argon2Parameters) => Promise<Uint8Array>;

/**
 * The limits on the parameters in a header. Argon2id runs before the tag is verified, with parameters that an attacker may have written. All known
 * producers write the specification's minimum, 3 passes over 64 MiB in 4 lanes. The defaults allow more passes and lanes, and the same memory.
 */
export interface Argon2Limits {
  /** Most passes; default 16. */
  readonly time: number;
  /** Most memory in KiB; default 65,536 (64 MiB). JavaScript runtimes have no more than 4 GiB for it. */
  readonly memoryKiB: number;
  /** Most lanes; default 16. */
  readonly lanes: number;
  /** Most passes times KiB of memory, a product that the time is proportional to; default 524,288 (8 passes over 64 MiB: one or two seconds). */
  readonly work: number;
}

/** Throws `limit`, with the demanded parameters and the limit in its message. */
export function requireAffordable(parameters: Argon2Parameters, given: Partial<Argon2Limits> = {}): void {
  const limits = { ...DEFAULT_LIMITS.argon2Limits, ...given };
  const { kdfTime, kdfMemoryKiB, kdfLanes } = parameters;
  const demanded = `The header demands Argon2id with ${kdfTime} passes over ${kdfMemoryKiB} KiB in ${kdfLanes} lanes`;
  const refuse = (field: keyof Argon2Parameters, limit: string, name: keyof Argon2Limits): never => {
    const message = `${demanded}; the limit is ${limit} (argon2Limits.${name})`;
    throw new MslError("limit", message, { offset: extensionOffset(field) });
  };
  if (kdfTime > limits.time) refuse("kdfTime", `${limits.time} passes`, "time");
  if (kdfMemoryKiB > limits.memoryKiB) refuse("kdfMemoryKiB", `${limits.memoryKiB} KiB`, "memoryKiB");
  if (kdfLanes > limits.lanes) refuse("kdfLanes", `${limits.lanes} lanes`, "lanes");
  if (kdfTime * kdfMemoryKiB > limits.work) refuse("kdfTime", `${limits.work} passes times KiB`, "work");
}

/** Whether the parameters are at least the minimum that Argon2 itself requires. */
export function isRunnable({ kdfTime, kdfMemoryKiB, kdfLanes }: Argon2Parameters): boolean {
  return kdfTime >= 1 && kdfLanes >= 1 && kdfMemoryKiB >= 8 * kdfLanes;
}
