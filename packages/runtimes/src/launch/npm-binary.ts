/** Finds executables that npm packages contain, in one package per platform, even if install scripts have not run. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/**
 * The executable of package `name` for this machine, at `path` in the package for its platform. An install script may have moved it to
 * `moved` in package `name` itself. Undefined if there is none for this platform.
 */
export function npmBinary(name: string, path: string, moved: string): string | undefined {
  const home = packageFolder(name);
  if (home === undefined) return undefined;
  const manifest: { optionalDependencies?: Record<string, string> } = JSON.parse(
    readFileSync(join(home, "package.json"), "utf8"),
  );
  for (const platform of Object.keys(manifest.optionalDependencies ?? {})) {
    const folder = packageFolder(platform);
    if (folder === undefined) continue;
    for (const program of [join(folder, path), join(folder, `${path}.exe`), join(home, moved)])
      if (existsSync(program)) return program;
  }
  return undefined;
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
