/** Converts the `exports` and `imports` of installed packages to an import map, for a page without a bundler. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Target = string | null | { readonly [condition: string]: Target };
type Entries = Readonly<Record<string, Target>>;

interface Manifest {
  readonly name: string;
  /** The module of a package without `exports`. */
  readonly module?: string;
  readonly exports?: Entries;
  readonly imports?: Entries;
}

const CONDITIONS = ["browser", "import", "default"];

/** `address`: the URL path under which `folder`, a node_modules, is served. */
export function importMap(folder: string, address: string) {
  const imports: Record<string, string> = {};
  const scopes: Record<string, Record<string, string>> = {};
  for (const manifest of manifestsIn(folder)) {
    const home = `${address}${manifest.name}/`;
    for (const [key, file] of resolved(manifest.exports ?? moduleEntry(manifest)))
      imports[`${manifest.name}${key.slice(1)}`] = home + file;
    const inside = resolved(manifest.imports).map(([key, file]) => [key, home + file]);
    if (inside.length > 0) scopes[home] = Object.fromEntries(inside);
  }
  return { imports, scopes };
}

function manifestsIn(folder: string): Manifest[] {
  const names = readdirSync(folder).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return names.map((name) => JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")));
}

function moduleEntry({ module }: Manifest): Entries {
  return module === undefined ? {} : { ".": module };
}

/** Keys and files of the entries that apply to browsers. */
function resolved(entries: Entries = {}): [string, string][] {
  return Object.entries(entries).flatMap(([key, target]) => {
    const file = targetFor(target);
    return file === undefined ? [] : [[key, file.replace(/^\.\//, "")] satisfies [string, string]];
  });
}

/** The first matching condition decides, as in Node's resolution. */
function targetFor(target: Target): string | undefined {
  if (target === null || typeof target === "string") return target ?? undefined;
  const holding = Object.entries(target).find(([condition]) => CONDITIONS.includes(condition));
  return holding && targetFor(holding[1]);
}
