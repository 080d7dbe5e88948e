/** Programs that npm packages bring along, one package per platform. Found without the install scripts having run. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/**
 * The program of `name` for this machine, at `path` inside its platform's package. An install script may have moved it to
 * `moved` inside the package itself. Undefined where the package has none for this platform.
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
