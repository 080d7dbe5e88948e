/** Links of Markdown pages: in the repository, and in the READMEs that npm shows, where only absolute addresses lead somewhere. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { API_HOME, HOME, PAGES, PUBLISHED, ROOT, readText } from "../src/packages.js";

const PACKAGE_READMES = PUBLISHED.map(({ directory }) => join(directory, "README.md"));

/** Where READMEs of packages may lead: the repository, the API reference, the specification, and the packages on npm. */
const SPECIFICATION = "https://github.com/MemorySlice/memslice-spec";
const NPM = PUBLISHED.map(({ manifest }) => `https://www.npmjs.com/package/${manifest.name}`);
const ADDRESSES = [`${HOME}/`, API_HOME, SPECIFICATION, ...NPM];

/** Text of a page without blocks and spans of code, in which brackets are no links. */
function prose(page: string): string {
  return readText(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "`code`");
}

function linksOf(page: string): string[] {
  return Array.from(prose(page).matchAll(/\]\(([^()\s]+)\)/g), ([, target = ""]) => target);
}

/** Anchors of headings as GitHub makes them: lower case, without punctuation, hyphens for spaces. */
function anchorsOf(page: string): Set<string> {
  const text = readText(page).replace(/^```[\s\S]*?^```/gm, "");
  const headings = Array.from(text.matchAll(/^#{1,6} (.+)$/gm), ([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Why a link of a page leads nowhere; undefined if it leads somewhere, or out of the repository. */
function fault(page: string, link: string): string | undefined {
  const within = link.startsWith(`${HOME}/blob/main/`) ? link.slice(`${HOME}/blob/main/`.length) : undefined;
  if (within === undefined && /^[a-z]+:/.test(link)) return undefined;
  const [path = "", anchor] = (within ?? link).split("#");
  const file = path === "" ? page : within === undefined ? normalize(join(dirname(page), path)) : path;
  if (!existsSync(join(ROOT, file))) return `${link}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${link}: ${file} has no such heading`;
}

describe.each(PAGES)("%s", (page) => {
  it("a page links only to files and headings that exist", () => {
    expect(
      linksOf(page)
        .map((link) => fault(page, link))
        .filter((text) => text !== undefined),
    ).toEqual([]);
  });
});

it("the glossary names files that exist", () => {
  const named = Array.from(
    readText("docs/glossary.md").matchAll(/`([a-z-]+\/(?:src|assembly)\/[^`]*)`/g),
    ([, path = ""]) => path,
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !existsSync(join(ROOT, "packages", path)))).toEqual([]);
});

describe.each(PACKAGE_READMES)("%s on npm", (readme) => {
  it("a README of a package links only to its own headings and to absolute addresses of the project and of the specification", () => {
    const abroad = linksOf(readme).filter((link) => !["#", ...ADDRESSES].some((start) => link.startsWith(start)));
    expect(abroad).toEqual([]);
  });

  it("a README of a package links to every page of the repository that it names", () => {
    expect(readText(readme).match(/`(docs|fixtures|examples)\/[^`]*`/g) ?? []).toEqual([]);
  });
});

it("the README of the root and those of the libraries link to the API reference, and to no other pages of the same host", () => {
  const linksToApi = (page: string) => linksOf(page).filter((link) => /^https:\/\/[\w-]+\.github\.io\//.test(link));
  for (const page of [
    "README.md",
    ...["msl", "core-wasm", "analysis", "convert", "acquire"].map((name) => `packages/${name}/README.md`),
  ]) {
    expect(linksToApi(page)).toHaveLength(1);
  }
  expect(PAGES.flatMap(linksToApi).filter((link) => !link.startsWith(API_HOME))).toEqual([]);
});

it("the pages have links", () => {
  expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(50);
  expect(PACKAGE_READMES.flatMap(linksOf).length).toBeGreaterThan(5);
});
