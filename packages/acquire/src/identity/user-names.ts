/** Names of users, by the file /etc/passwd (man 5 passwd). */
import { decoded, procTextIfAny } from "../proc/proc-file.js";
import { textOf } from "./process-identity.js";

/** Names of users by id. Users of directory services are in no file. */
export function userNames(): ReadonlyMap<number, string> {
  const users = new Map<number, string>();
  for (const line of (procTextIfAny("/etc/passwd") ?? "").split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (/^\d+$/.test(uid) && !users.has(Number(uid))) users.set(Number(uid), textOf(decoded(name)));
  }
  return users;
}
