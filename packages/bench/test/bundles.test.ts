/** What bundlers make of the published scripts: sizes within their budgets, and nothing that a program does not use. */
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import {
  BUDGETED_BUNDLES,
  type BundleSizes,
  bundleSizes,
  filesLoadedFor,
  KB,
  modulesOf,
} from "../src/measurements/harness/bundles.js";

describe("budgets", () => {
  it.each(BUDGETED_BUNDLES)("a bundle of $title is within its budget", async ({ source, atMost }) => {
    const sizes = await bundleSizes(source);
    for (const part of ["first", "oneFile"] as const) {
      const most = atMost[part];
      if (most !== undefined && sizes[part] > most * KB) throw new Error(await complaint(source, part, sizes[part], most));
    }
  });

  it("the message about a bundle above its budget names the modules of the bundle, the largest one first", async () => {
    const message = await complaint(`export { codeName } from "@memslice/msl";`, "oneFile", 5000, 4);
    expect(message).toMatch(
      /^5.0 KB gzipped \(oneFile\), expected at most 4 KB; minified bytes by module:\n *\d+ msl\/src\/format\/codes.ts/,
    );
  });
});

async function complaint(source: string, part: keyof BundleSizes, bytes: number, most: number): Promise<string> {
  const modules = (await modulesOf(source, part)).map((module) => `${String(module.bytes).padStart(7)} ${module.path}`);
  const found = `${(bytes / KB).toFixed(1)} KB gzipped (${part})`;
  return `${found}, expected at most ${most} KB; minified bytes by module:\n${modules.join("\n")}`;
}

describe("contents", () => {
  it.each([
    ["openCapture", "@memslice/msl"],
    ["openCapture", "@memslice/msl/read"],
    ["verifyStream", "@memslice/msl"],
    ["inspectCapture", "@memslice/msl"],
  ])("a bundle of %s of %s contains no module that writes", async (name, entry) => {
    const modules = await modulesOf(`export { ${name} } from "${entry}";`, "oneFile");
    expect(
      modules.map(({ path }) => path).filter((path) => /src\/(write|transcode)\/|compression-worker|options\/writing/.test(path)),
    ).toEqual([]);
  });

  it("a bundle of the entry plain contains no ciphers, encoders, workers, HTTP, writer and search behind damage", async () => {
    const modules = await modulesOf(`export * from "@memslice/msl/plain";`, "oneFile");
    const others =
      /ciphers|curves|post-quantum|hash-wasm|open-envelope|encode|slabs\/|team|worker|http-source|requests|salvage-search|cross-check|read\/modules|src\/(write|transcode)\//;
    expect(modules.map(({ path }) => path).filter((path) => others.test(path))).toEqual([]);
  });

  it("a bundle of openCapture contains no encoders", async () => {
    const modules = await modulesOf(`export { openCapture } from "@memslice/msl";`, "oneFile");
    expect(modules.map(({ path }) => path).filter((path) => /encode/.test(path))).toEqual([]);
  });

  it("a bundle of the entry verify contains no ciphers, regions, payloads, sources or workers", async () => {
    const modules = await modulesOf(`export * from "@memslice/msl/verify";`, "oneFile");
    const others =
      /ciphers|curves|post-quantum|argon2|hash-wasm|envelope|src\/(memory|codec|threads|read|write|transcode)\/|format\/payloads|http/;
    expect(modules.map(({ path }) => path).filter((path) => others.test(path))).toEqual([]);
  });

  it.each([
    ["@memslice/msl", ["argon2", "compression", "decompression", "hash"]],
    ["@memslice/msl/read", ["argon2", "decompression", "hash"]],
    ["@memslice/msl/verify", []],
    ["@memslice/msl/plain", ["argon2", "decompression", "hash"]],
  ])("a bundler meets the names of these workers in the files of %s: %j", async (entry, workers) => {
    const files = await filesLoadedFor(`export * from "${entry}";`);
    const names = files.flatMap((file) => [
      ...readFileSync(file, "utf8").matchAll(/new URL\("\.\/([a-z0-9]+)-worker-web\.js", import\.meta\.url\)/g),
    ]);
    expect(names.map(([, name]) => name).sort()).toEqual(workers);
  });

  it.each(["@memslice/msl", "@memslice/msl/read", "@memslice/msl/plain", "@memslice/msl/verify", "@memslice/core-wasm"])(
    "the scripts of %s leave nothing in a bundle that uses nothing of them",
    async (entry) => {
      const { outputFiles } = await build({
        stdin: { contents: `import "${entry}";`, resolveDir: import.meta.dirname },
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        platform: "browser",
        logLevel: "error",
        plugins: [
          {
            name: "as if every script had effects",
            setup: ({ onResolve, resolve }) =>
              onResolve({ filter: /^/ }, async ({ path, pluginData, ...from }) => {
                if (pluginData === "resolving") return undefined;
                if (from.kind === "dynamic-import") return { path, external: true };
                const resolved = await resolve(path, { ...from, pluginData: "resolving" });
                return { path: resolved.path, sideEffects: /\/(msl|core-wasm)\/dist\//.test(resolved.path) };
              }),
          },
        ],
      });
      expect(outputFiles.map(({ text }) => text.trim())).toEqual([""]);
    },
  );
});
