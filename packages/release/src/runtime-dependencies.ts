/** What `npm install` of a published package brings along, read from package-lock.json. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PUBLISHED, ROOT, readText } from "./packages.js";

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly link?: boolean;
}

export interface RuntimeDependency extends Locked {
  readonly name: string;
  /** Names of the packages that ask for it, in alphabetical order. */
  readonly usedBy: readonly string[];
}

const LOCKED: Readonly<Record<string, Locked>> = JSON.parse(readText("package-lock.json")).packages;

/**
 * The dependencies of all published packages, transitive ones included, without the packages of this repository and without optional
 * peers, in alphabetical order. Throws an `Error` if the lockfile lacks one.
 */
export function runtimeDependencies(): RuntimeDependency[] {
  const usedBy = new Map<string, Set<string>>();
  const ours = new Set(PUBLISHED.map(({ manifest }) => manifest.name));
  const visit = (user: string, names: readonly string[]) => {
    for (const name of names.filter((one) => !ours.has(one))) {
      const users = usedBy.get(name);
      usedBy.set(name, (users ?? new Set()).add(user));
      if (!users) visit(name, namesIn(locked(name)));
    }
  };
  for (const { manifest } of PUBLISHED) visit(manifest.name, namesIn(manifest));
  return [...usedBy]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, users]) => ({ name, ...locked(name), usedBy: [...users].sort() }));
}

function namesIn({ dependencies, optionalDependencies }: Pick<Locked, "dependencies" | "optionalDependencies">): string[] {
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

function locked(name: string): Locked {
  const found = LOCKED[`node_modules/${name}`];
  if (!found) throw new Error(`package-lock.json has no ${name}`);
  return found;
}

/** Bytes of the files of an installed package. */
export function installedBytes(name: string): number {
  const folder = join(ROOT, "node_modules", name);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
