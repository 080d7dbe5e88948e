/** What a header may demand of Argon2id. It is hostile until the tag holds, and Argon2id runs before that. */
import { MslError } from "../../errors.js";
import { extensionOffset } from "../../format/encryption-extension.js";
import type { Argon2Parameters } from "./argon2.js";

export interface Argon2Limits {
  /** Most passes; default 64. */
  readonly time: number;
  /** Most memory in KiB; default 1,048,576 (1 GiB). JavaScript runtimes have no more than 4 GiB for it. */
  readonly memoryKiB: number;
  /** Most lanes; default 64. */
  readonly lanes: number;
  /** Most passes times KiB of memory, which is what the time depends on; default 16,777,216 (16 passes over 1 GiB). */
  readonly work: number;
}

const DEFAULT_LIMITS: Argon2Limits = { time: 64, memoryKiB: 2 ** 20, lanes: 64, work: 2 ** 24 };

/** Throws `limit` with what was demanded and what is allowed. */
export function requireAffordable(parameters: Argon2Parameters, given: Partial<Argon2Limits> = {}): void {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const { kdfTime, kdfMemoryKiB, kdfLanes } = parameters;
  const demanded = `The header demands Argon2id with ${kdfTime} passes over ${kdfMemoryKiB} KiB in ${kdfLanes} lanes`;
  const refuse = (field: keyof Argon2Parameters, limit: string): never => {
    throw new MslError("limit", `${demanded}; the limit is ${limit}`, { offset: extensionOffset(field) });
  };
  if (kdfTime > limits.time) refuse("kdfTime", `${limits.time} passes`);
  if (kdfMemoryKiB > limits.memoryKiB) refuse("kdfMemoryKiB", `${limits.memoryKiB} KiB`);
  if (kdfLanes > limits.lanes) refuse("kdfLanes", `${limits.lanes} lanes`);
  if (kdfTime * kdfMemoryKiB > limits.work) refuse("kdfTime", `${limits.work} passes times KiB`);
}

/** Argon2 itself knows no fewer. */
export function isRunnable({ kdfTime, kdfMemoryKiB, kdfLanes }: Argon2Parameters): boolean {
  return kdfTime >= 1 && kdfLanes >= 1 && kdfMemoryKiB >= 8 * kdfLanes;
}
