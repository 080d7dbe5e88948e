/** Argon2id by @noble/hashes, which runs everywhere, at a quarter of the speed of WebAssembly. */
import { argon2id as derive } from "@noble/hashes/argon2.js";
import type { Argon2id } from "./argon2.js";

/** The highest limit that noble accepts. The limits of the caller have been checked before. */
const MOST_BYTES = 2 ** 32 - 1;

export const argon2id: Argon2id = async (password, salt, { kdfTime, kdfMemoryKiB, kdfLanes }) =>
  derive(password, salt, { t: kdfTime, m: kdfMemoryKiB, p: kdfLanes, dkLen: 32, maxmem: MOST_BYTES });
