/** What `msl capture` says of an output that cannot be written, and whether the lines of the case log match the schema. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { msl, mslBeside } from "./run-msl.js";

const IS_ROOT = process.getuid?.() === 0;
const NOBODY = 65_534;

describe.runIf(process.platform === "linux")("the output of msl capture", () => {
  const scratch = mkdtempSync(join(tmpdir(), "msl-output-"));
  const target = spawn("sleep", ["600"], { stdio: "ignore" });
  const pid = String(target.pid);
  afterAll(() => {
    target.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each([[[]], [["--check"]], [["--force"]]])(
    "in a folder that is not there is a finding with status 5, with %j",
    (options) => {
      const { status, stdout } = msl(["capture", pid, "-o", join(scratch, "none", "x.msl"), "--json", ...options]);
      const document = JSON.parse(stdout);
      expect([status, document.error.code]).toEqual([5, "not-permitted"]);
      expect(document.findings).toMatchObject([{ code: "output-not-writable", blocks: true }]);
      expect(misfits("capture", document)).toEqual([]);
    },
  );

  it("in a folder without write permission is a finding, beside those of the process", async () => {
    const folder = join(scratch, "read-only");
    mkdirSync(folder);
    chmodSync(scratch, 0o755);
    chmodSync(folder, 0o555);
    const words = ["capture", pid, "-o", join(folder, "x.msl"), "--check", "--json"];
    const { status, stdout } = await mslBeside(words, IS_ROOT ? { user: NOBODY } : {});
    const codes = JSON.parse(stdout).findings.map(({ code }: { readonly code: string }) => code);
    expect([status, codes]).toEqual([5, IS_ROOT ? ["other-user", "output-not-writable"] : ["output-not-writable"]]);
  });

  it("that does not exist yet can be checked, also the folders of a tree, and nothing is made", () => {
    const [out, folder] = [join(scratch, "new.msl"), join(scratch, "a", "b")];
    expect(msl(["capture", pid, "-o", out, "--check"]).status).toBe(0);
    expect(msl(["capture", pid, "-o", folder, "--tree", "--check"]).status).toBe(0);
    expect([out, join(scratch, "a")].map((path) => existsSync(path))).toEqual([false, false]);
  });

  it("has lines in the case log that match the schema, of every kind of capture and of one that fails", () => {
    const log = join(scratch, "case.jsonl");
    const logged = (...words: string[]) => msl(["capture", pid, "--log", log, "-o", ...words]).status;
    expect(logged(join(scratch, "one.msl"))).toBe(0);
    expect(logged(join(scratch, "small.msl"), "--max-size", "4096")).not.toBe(0);
    expect(logged(join(scratch, "tree"), "--tree")).toBe(0);
    expect(logged(join(scratch, "series.msl"), "--repeat", "2", "--every", "1ms")).toBe(0);
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const documents = lines.map((line) => JSON.parse(line));
    expect(documents.map((document) => misfits("capture", document))).toEqual(documents.map(() => []));
    expect(documents.filter(({ error }) => error !== undefined)).toHaveLength(1);
  });
});
