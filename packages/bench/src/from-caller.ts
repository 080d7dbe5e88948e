import { resolve } from "node:path";

/** npm runs scripts in the folder of the package, and tells where it was called. */
export function fromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? "", path);
}
