/** Argon2id by hash-wasm, for runtimes that compile WebAssembly; by noble for inputs that hash-wasm refuses. */
import { argon2id as derive } from "hash-wasm";
import type { Argon2id } from "./argon2.js";
import { argon2id as derivePortably } from "./argon2-noble.js";

/** hash-wasm 4.13 computes addresses of its memory as signed integers. It refuses an empty password, too. */
const MOST_KIB = 2 ** 21 - 1024;

export const argon2id: Argon2id = async (password, salt, parameters) => {
  const { kdfTime, kdfMemoryKiB, kdfLanes } = parameters;
  if (password.length === 0 || kdfMemoryKiB > MOST_KIB) return derivePortably(password, salt, parameters);
  return derive({
    password,
    salt,
    iterations: kdfTime,
    memorySize: kdfMemoryKiB,
    parallelism: kdfLanes,
    hashLength: 32,
    outputType: "binary",
  });
};
