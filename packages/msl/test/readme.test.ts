import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "./fixtures.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^## (.+)$|```js\n([\s\S]*?)```/gm)].reduce<{ title: string; list: [string, string][] }>(
  ({ title, list }, [, heading, code]) =>
    code === undefined ? { title: heading ?? title, list } : { title, list: [...list, [title, code]] },
  { title: "", list: [] },
).list;

const env = { ...process.env, MSL_PASSPHRASE: "weak" };

/** Inside the package, so that its name resolves as it does for users. */
const folder = fileURLToPath(new URL("../.readme-examples/", import.meta.url));
beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

describe("examples of the README run", () => {
  it("the README has examples", () => expect(examples.length).toBeGreaterThanOrEqual(6));

  it.each(examples)("%s", (_, code) => {
    copyFileSync(fixturePath("ms-basic-plain"), `${folder}evidence.msl`);
    copyFileSync(fixturePath("ms-enc-weak-argon2"), `${folder}encrypted.msl`);
    writeFileSync(`${folder}example.mjs`, code);
    const printed = execFileSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8", env });
    expect(printed).not.toBe("");
  });
});
