/** `msl scan`: rules from a file, findings with their places, documents that conform to the schema, and exit statuses. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-scan-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const BASIC = capture("ms-basic-plain");
function rules(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}
const FOUND = rules(
  "found.yar",
  'rule block : t { meta: level = 3 strings: $a = "heap block" condition: #a > 10 } rule runs { condition: filesize > 5000 }',
);
const ABSENT = rules("absent.yar", 'rule absent { strings: $a = "nowhere in memory" condition: $a }');

describe("msl scan", () => {
  it("finds the texts that msl search finds, and its documents conform to the schema", () => {
    const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
      JSON.parse(jsonSchemas()["json/scan.schema.json"] ?? ""),
    );
    const { stdout, status } = msl(["scan", FOUND, BASIC, "--json"]);
    const document = JSON.parse(stdout);
    expect([status, validate(document), validate.errors]).toEqual([0, true, null]);
    const texts = document.matches.filter(({ pattern }: { pattern?: string }) => pattern === "$a");
    const searched = JSON.parse(msl(["search", BASIC, "--text", "heap block", "--json"]).stdout).matches;
    expect(texts.map(({ address }: { address: string }) => address)).toEqual(
      searched.map(({ address }: { address: string }) => address),
    );
    expect(texts[0]).toMatchObject({
      length: 10,
      rule: "block",
      namespace: "default",
      tags: ["t"],
      meta: [{ name: "level", value: 3 }],
      bytes: Buffer.from("heap block").toString("hex"),
      regionType: "stack",
    });
    const alone = document.matches.find(({ rule }: { rule: string }) => rule === "runs");
    expect(alone.length).toBeGreaterThan(5000);
    expect(alone).not.toHaveProperty("pattern");
    expect(validate({ ...document, matches: [{ ...texts[0], more: 1 }] })).toBe(false);
  });

  it("ends with 4 if nothing matched and pages are missing, and with the status of a file that cannot be read", () => {
    expect(msl(["scan", ABSENT, BASIC, "--count"])).toMatchObject({ status: 4, stdout: "0\n" });
    expect(msl(["scan", ABSENT, BASIC, "--count", "--range", "7ffc00001000+4096"]).status).toBe(1);
    const several = msl(["scan", FOUND, BASIC, capture("x-bad-magic"), "--count"]);
    expect(several).toMatchObject({ status: 3, stdout: expect.stringMatching(/plain\.msl: [1-9]/) });
  });

  it("refuses wrong usage: no capture, rules that do not compile, modules of files", () => {
    expect(msl(["scan", FOUND]).status).toBe(2);
    const wrong = rules("wrong.yar", "rule a {\n condition: $b }");
    expect(msl(["scan", wrong, BASIC])).toMatchObject({ status: 2, stderr: expect.stringContaining("in line 2, column 13") });
    const module = rules("module.yar", 'import "pe"\nrule a { condition: pe.is_pe }');
    expect(msl(["scan", module, BASIC])).toMatchObject({ status: 2, stderr: expect.stringContaining("the module pe in line 1") });
    expect(msl(["scan", join(scratch, "none.yar"), BASIC]).status).not.toBe(0);
  });

  it("says in one line what is wrong with rules, where and why", () => {
    const wrong = msl(["scan", rules("wrong.yar", "rule a { condition: tru }"), BASIC]);
    expect(wrong.stderr).toMatch(
      /wrong\.yar: The rules do not compile: error\[E009\]: unknown identifier `tru` in line 1, column 21: this identifier has not been declared\n$/,
    );
    const slow = msl(["scan", rules("slow.yar", 'rule b {\n strings: $a = "x" condition: $a }'), BASIC, "--count"]);
    expect(slow.stderr).toMatch(
      /^msl: .*slow\.yar: warning\[slow_pattern\]: .* in line 2, column 11: this pattern may slow down the scan\n/,
    );
  });
});
