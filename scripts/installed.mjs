/** Whether `node_modules` holds what `package-lock.json` names, by the record that npm itself leaves there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whatever installed the packages: `npm ci`, `npm install`, or this checkout's own commands. */
export function isInstalled(root) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const there = packagesIn(join(root, "node_modules", ".package-lock.json"));
  return wanted !== undefined && there !== undefined && holds(wanted, there);
}

/** Optional packages may be missing, such as those for other systems; none may be another one, and none may be left over. */
function holds(wanted, there) {
  // The entry without a path is the checkout itself, which npm does not record.
  const needed = Object.entries(wanted).filter(([path]) => path !== "");
  const same = needed.every(([path, entry]) =>
    path in there ? JSON.stringify(there[path]) === JSON.stringify(entry) : entry.optional === true,
  );
  return same && Object.keys(there).every((path) => path in wanted);
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    // No record, or one that was cut off: nothing is known to be installed.
    return undefined;
  }
}
