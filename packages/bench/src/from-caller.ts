import { resolve } from "node:path";

/**
 * Resolves a path against the folder in which npm was called: npm runs scripts in the folder of the package, and passes the caller's
 * folder in INIT_CWD.
 */
export function fromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? "", path);
}
