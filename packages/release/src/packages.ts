/** The packages of this repository: their folders, manifests and READMEs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license: string;
  readonly homepage?: string;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly bugs?: { readonly url: string };
  readonly engines?: { readonly node: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

export interface Package {
  /** Relative to the root of the repository: `packages/msl`. */
  readonly directory: string;
  readonly manifest: Manifest;
}

/** Throws an `Error` if the file cannot be read or holds no JSON. `path`: relative to the root of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export function readManifest(directory: string): Manifest {
  return JSON.parse(readText(join(directory, "package.json")));
}

/** The packages that npm gets, in alphabetical order. */
export const PUBLISHED: readonly Package[] = readdirSync(join(ROOT, "packages"))
  .map((name) => `packages/${name}`)
  .map((directory) => ({ directory, manifest: readManifest(directory) }))
  .filter(({ manifest }) => !manifest.private);

/** Address of the repository, stated in package.json of the root: `https://github.com/OWNER/NAME`. */
export const HOME = (readManifest(".").repository?.url ?? "").replace(/^git\+/, "").replace(/\.git$/, "");

/** Address of the API reference, which .github/workflows/api.yml publishes on GitHub Pages: `https://OWNER.github.io/NAME/`. */
export const API_HOME = HOME.replace(/^https:\/\/github\.com\/([^/]+)\/(.+)$/, "https://$1.github.io/$2/");

/** All Markdown pages that are written by hand or by a command, relative to the root. Changesets and captures' descriptions are not pages. */
export const PAGES: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...PUBLISHED.map(({ directory }) => join(directory, "README.md")),
  ...["docs", "fixtures", "examples"].filter((folder) => existsSync(join(ROOT, folder))).flatMap(pagesIn),
];

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md") && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}
