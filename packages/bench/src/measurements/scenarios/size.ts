/** Download sizes: the core, the packages, and bundles of one import, next to packages of others. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { BUDGETED_BUNDLES, bundleSizes, KB } from "../harness/bundles.js";
import { nameAndVersion, packageFolder } from "../harness/environment.js";
import type { Finding } from "../harness/findings.js";
import type { Scenario } from "../scenario.js";

const KIB = 1024;
/** The limit for core.wasm, gzipped. */
const MOST_CORE_BYTES = 28_000;
const PACKAGES = ["@memslice/core-wasm", "@memslice/msl", "@memslice/cli"] as const;
const FOLDERS: Readonly<Record<string, string>> = { "@memslice/cli": fileURLToPath(new URL("../../../../cli", import.meta.url)) };

interface Bundled {
  readonly name: string;
  /** An ES module that imports and uses the code to be counted. */
  readonly source: string;
  /** A file in `node_modules` that the package loads at run time by a path that bundlers do not see. */
  readonly file?: string;
}

/** These three functions of our core are one bundle; elsewhere they take three packages. */
const THREE_JOBS: Bundled = {
  name: "blake3, decodeZstd and decodeLz4Block of @memslice/core-wasm",
  source: `export { blake3, decodeZstd, decodeLz4Block } from "@memslice/core-wasm";`,
};
const THREE_PACKAGES: Bundled = {
  name: ["hash-wasm", "zstddec", "lz4js"].map(nameAndVersion).join(", "),
  source: `export { createBLAKE3 } from "hash-wasm"; export { ZSTDDecoder } from "zstddec"; export { decompressBlock } from "lz4js";`,
};
const OTHERS: readonly Bundled[] = [
  THREE_PACKAGES,
  { name: `${nameAndVersion("hash-wasm")}, BLAKE3 alone`, source: `export { createBLAKE3 } from "hash-wasm";` },
  { name: nameAndVersion("zstddec"), source: `export { ZSTDDecoder } from "zstddec";` },
  {
    name: nameAndVersion("@bokuweb/zstd-wasm"),
    source: `export { init, decompress } from "@bokuweb/zstd-wasm";`,
    file: join(packageFolder("@bokuweb/zstd-wasm"), "dist/web/zstd.wasm"),
  },
  { name: nameAndVersion("zstd-codec"), source: `export { ZstdCodec } from "zstd-codec";` },
  { name: nameAndVersion("fzstd"), source: `export { decompress } from "fzstd";` },
  { name: nameAndVersion("lz4js"), source: `export { decompressBlock } from "lz4js";` },
];

export const size: Scenario = {
  name: "size",
  summary: "bytes to download: core.wasm, packages, minimal bundles, against packages that do a part of it",
  async *run() {
    yield* coreSizes();
    for (const name of PACKAGES) {
      const { size: packed, unpackedSize } = packedSizes(FOLDERS[name] ?? packageFolder(name));
      yield figure(`${name} as packed for npm`, packed);
      yield figure(`${name} as installed, without its dependencies`, unpackedSize);
    }
    yield* budgets();
    yield* bundles();
  },
};

function* coreSizes(): Generator<Finding> {
  const wasm = readFileSync(join(packageFolder("@memslice/core-wasm"), "dist/core.wasm"));
  yield figure("core.wasm", wasm.length);
  yield { ...figure("core.wasm, gzipped", gzipped(wasm)), bar: { atMost: MOST_CORE_BYTES / KIB } };
}

async function* budgets(): AsyncGenerator<Finding> {
  for (const { title, source, atMost } of BUDGETED_BUNDLES) {
    const { first, oneFile } = await bundleSizes(source);
    yield budget(`bundle of ${title}, minified and gzipped: loaded at once`, first, atMost.first);
    yield budget(`bundle of ${title}, minified and gzipped: in one file`, oneFile, atMost.oneFile);
  }
}

function budget(title: string, bytes: number, most: number | undefined): Finding {
  return { kind: "figure", title, value: bytes / KB, unit: "KB", ...(most !== undefined && { bar: { atMost: most } }) };
}

/** The bar: at most the size of all packages together that provide the same functions. */
async function* bundles(): AsyncGenerator<Finding> {
  const value = await gzippedBundle(THREE_JOBS.source);
  const others: { name: string; value: number }[] = [];
  for (const { name, source, file } of OTHERS) {
    const loaded = file === undefined ? 0 : gzipped(readFileSync(file));
    others.push({ name, value: (loaded + (await gzippedBundle(source))) / KIB });
  }
  const [together] = others;
  const bar = together && { atMost: together.value };
  yield { ...figure(`bundle of ${THREE_JOBS.name}, minified and gzipped`, value), others, ...(bar && { bar }) };
}

function figure(title: string, bytes: number) {
  return { kind: "figure", title, value: bytes / KIB, unit: "KiB" } as const;
}

async function gzippedBundle(source: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: packageFolder("@memslice/msl") },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: ["fs", "path", "crypto", "util"],
    logLevel: "silent",
  });
  return outputFiles.reduce((sum, { contents }) => sum + gzipped(contents), 0);
}

function gzipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}

/** Bytes. */
interface PackedSizes {
  readonly size: number;
  readonly unpackedSize: number;
}

/** As `npm pack` would pack the package in the folder. */
export function packedSizes(folder: string): PackedSizes {
  const { status, stdout } = spawnSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, encoding: "utf8" });
  const [packed] = status === 0 ? (JSON.parse(stdout) as PackedSizes[]) : [];
  if (!packed) throw new Error(`npm pack fails in ${folder}`);
  return packed;
}
