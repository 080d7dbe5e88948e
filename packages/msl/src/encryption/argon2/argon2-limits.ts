/** What a header may demand of Argon2id. It is hostile until the tag holds, and Argon2id runs before that. */
import { MslError } from "../../errors.js";
import { extensionOffset } from "../../format/encryption-extension.js";
import type { Argon2Parameters } from "./argon2.js";

/**
 * The defaults leave room above what every known producer writes, 3 passes over 64 MiB in 4 lanes, which is the specification's minimum too;
 * but not for memory, of which opening a capture needs no more than that otherwise.
 */
export interface Argon2Limits {
  /** Most passes; default 16. */
  readonly time: number;
  /** Most memory in KiB; default 65,536 (64 MiB). JavaScript runtimes have no more than 4 GiB for it. */
  readonly memoryKiB: number;
  /** Most lanes; default 16. */
  readonly lanes: number;
  /** Most passes times KiB of memory, which is what the time depends on; default 524,288 (8 passes over 64 MiB: a second or two). */
  readonly work: number;
}

const DEFAULT_LIMITS: Argon2Limits = { time: 16, memoryKiB: 2 ** 16, lanes: 16, work: 2 ** 19 };

/** Throws `limit` with what was demanded and what is allowed. */
export function requireAffordable(parameters: Argon2Parameters, given: Partial<Argon2Limits> = {}): void {
  const limits = { ...DEFAULT_LIMITS, ...given };
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

/** Argon2 itself knows no fewer. */
export function isRunnable({ kdfTime, kdfMemoryKiB, kdfLanes }: Argon2Parameters): boolean {
  return kdfTime >= 1 && kdfLanes >= 1 && kdfMemoryKiB >= 8 * kdfLanes;
}
