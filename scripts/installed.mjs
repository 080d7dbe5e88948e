/** Compares `node_modules` with `package-lock.json`, by the record that npm leaves in `node_modules`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** True whichever command installed the packages: `npm ci`, `npm install`, or a command of this checkout. */
export function isInstalled(root) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const there = packagesIn(join(root, "node_modules", ".package-lock.json"));
  return wanted !== undefined && there !== undefined && holds(wanted, there);
}

/**
 * Optional packages may be missing, such as packages for other systems. No package may differ from the lock file or be absent from it.
 */
function holds(wanted, there) {
  // The entry with an empty path is the checkout itself, which npm does not record.
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
    // There is no record, or it is truncated, so nothing is known to be installed.
    return undefined;
  }
}
