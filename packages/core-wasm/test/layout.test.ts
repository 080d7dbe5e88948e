/** Codes and offsets that kernels (AssemblyScript) and facades (TypeScript) both use. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { WALK_STATUSES } from "../src/block-walk.js";
import { DECODE_FAILURES } from "../src/decode-result.js";
import * as layout from "../src/layout.js";
import { ZSTD_LEVELS } from "../src/zstd.js";

const root = new URL("..", import.meta.url).pathname;

it("names the failures of decoders in the order of the kernels' status numbers", () => {
  expect(membersOf("assembly/codec/report.ts", "Status")).toEqual(["decoded", ...DECODE_FAILURES, "paused"]);
});

it("names the statuses of the block walk in the order of the kernel's numbers", () => {
  expect(membersOf("assembly/blocks.ts", "WalkStatus")).toEqual(WALK_STATUSES);
});

it("names the levels of the Zstandard encoder in the order of the kernel's numbers", () => {
  expect(membersOf("assembly/zstd/encode/level.ts", "Level")).toEqual(ZSTD_LEVELS);
});

it("layout.ts gives no other file a constant with the name of a shared one, except to restate its type", () => {
  const shared = new Set(Object.keys(layout));
  const files = ["assembly", "src"].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  );
  const copies = files
    .filter((path) => path.endsWith(".ts") && path !== "src/layout.ts")
    .flatMap((path) => constantsOf(path).filter(({ name, value }) => shared.has(name) && !/^[A-Z_]+$/.test(value)))
    .map(({ path, name }) => `${path}: ${name}`);
  expect(copies).toEqual([]);
});

/** The members of an enum in kebab case. */
function membersOf(path: string, name: string): string[] {
  const body = new RegExp(`const enum ${name} \\{(.*?)\\n\\}`, "s").exec(readFileSync(`${root}${path}`, "utf8"))?.[1] ?? "";
  const members = body.matchAll(/^ {2}([A-Z]\w*),/gm);
  return [...members].map(([, member = ""]) => member.replace(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase());
}

function constantsOf(path: string): { path: string; name: string; value: string }[] {
  const constants = readFileSync(`${root}${path}`, "utf8").matchAll(/^(?:export )?const (\w+)(?:: \w+)? = (.*);$/gm);
  return [...constants].map(([, name = "", value = ""]) => ({ path, name, value }));
}
