/** Every command over encrypted captures without a key, with a wrong one and with the right one, and over a plain capture with a key. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { lineMisfits, misfits } from "./json-validation.js";
import { capture, mslBeside } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-locked-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const LOCKED = capture("rf-threads-enc");
const PLAIN = capture("ms-basic-plain");
const key = (name: string, hex: string) => {
  const path = join(scratch, name);
  writeFileSync(path, hex);
  return path;
};
const RIGHT = key("right", JSON.parse(readFileSync(LOCKED.replace(/msl$/, "json"), "utf8")).secrets.derivedKeyHex);
const WRONG = key("wrong", "00".repeat(32));
/** A path where nothing exists. */
const newPath = () => join(mkdtempSync(join(scratch, "folder-")), "out");

/** The header of a locked capture can be shown, and examined. */
const STATUS_WITHOUT_KEY: Readonly<Record<string, number>> = { info: 0, lint: 4 };

/** The commands that open captures: they take keys. */
const OPENING = new Set((await everyCommand()).filter(({ options }) => "key-file" in options).map(({ name }) => name));
const LINES = Object.entries(COMMAND_LINES)
  .filter(([name, [line = ""]]) => line.includes("FILE") && OPENING.has(name))
  .map(([name, [line = ""]]) => [name, line] as const);

function run(name: string, line: string, file: string, ...options: string[]) {
  const words = wordsOf(name, line, { FILES: [file], FILE: [file], OTHER: [PLAIN], OUT: [newPath()] });
  return mslBeside([...words, "--json", ...options]);
}

describe.concurrent.each(LINES)("msl %s %s", (name, line) => {
  it("says in JSON, in a sentence and by its status that a key is missing", async () => {
    const { status, stdout, stderr } = await run(name, line, LOCKED);
    const document = JSON.parse(stdout);
    expect([status, documentOf(name, document)]).toEqual([STATUS_WITHOUT_KEY[name] ?? 2, []]);
    if (name === "info") return expect(document).toMatchObject({ locked: true });
    expect(document.error).toMatchObject({ code: "missing-key" });
    expect(stderr).toMatch(name === "lint" ? /needs/ : /needs a .*give it with --passphrase-file/);
  });

  it("says that a wrong key, or an altered capture, does not authenticate: status 1", async () => {
    const { status, stdout, stderr } = await run(name, line, LOCKED, "--key-file", WRONG);
    const document = JSON.parse(stdout);
    expect([status, documentOf(name, document)]).toEqual([1, []]);
    expect(document.error).toMatchObject({ code: "authentication-failed" });
    expect(stderr).toMatch(/key is wrong|altered/);
  });

  it("reads the capture with its key", async () => {
    // The other capture of `compare` is plain, and has options of its own for its key.
    if (name === "compare") return;
    const { status, stdout } = await run(name, line, LOCKED, "--key-file", RIGHT);
    const document = JSON.parse(stdout);
    expect([documentOf(name, document), document.error]).toEqual([[], undefined]);
    expect([0, 1, 4]).toContain(status);
  });

  it("refuses a key for a capture that is not encrypted: status 1", async () => {
    if (name === "compare") return;
    const { status, stdout } = await run(name, line, PLAIN, "--key-file", RIGHT);
    const document = JSON.parse(stdout);
    expect([status, document.error]).toEqual([1, expect.objectContaining({ code: "not-encrypted" })]);
  });
});

function documentOf(name: string, document: object): string[] {
  return "error" in document && name === "lint" ? lineMisfits(name, JSON.stringify(document)) : misfits(name, document);
}
