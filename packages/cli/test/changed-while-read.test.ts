/** Every command that reads a file, while somebody truncates the file or writes to it. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { lineMisfits, misfits } from "./json-validation.js";
import { capture, mslBeside } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-changed-while-read-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const PRELOADED = pathToFileURL(fileURLToPath(new URL("change-while-read.mjs", import.meta.url))).href;
const COMMANDS = new Map((await everyCommand()).map((command) => [command.name, command]));
const LINES = Object.entries(COMMAND_LINES)
  .map(([name, [line = ""]]) => [name, line] as const)
  .filter(([, line]) => line.includes("FILE"));
const WAYS = ["truncated", "overwritten"] as const;

function freshCopy(): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(scratch, "folder-"));
  const file = join(folder, "evidence.msl");
  copyFileSync(capture("ms-basic-plain"), file);
  const then = Date.now() / 1000 - 3600;
  utimesSync(file, then, then);
  return { folder, file };
}

describe.concurrent.each(WAYS)("a file that is %s while it is read", (how) => {
  it.each(LINES)(
    "ends `msl %s %s` with status 4, a sentence, an error in the document, and no file of output",
    async (name, line) => {
      const { options = {} } = COMMANDS.get(name) ?? {};
      for (const form of ["text", "json", "ndjson"].filter((one) => one === "text" || one in options)) {
        for (const atRead of ["1", "2"]) {
          const { folder, file } = freshCopy();
          const words = wordsOf(name, line, {
            FILES: [file],
            FILE: [file],
            OTHER: [capture("md-lz4")],
            OUT: [join(folder, "out")],
          });
          const env = { CHANGED_FILE: file, CHANGED_AT_READ: atRead, CHANGED_HOW: how, NODE_OPTIONS: `--import ${PRELOADED}` };
          const before = statSync(file);
          const { status, stdout, stderr } = await mslBeside(form === "text" ? words : [...words, `--${form}`], { env });
          // A command that reads a small file at once has no second read.
          if (atRead === "2" && statSync(file).mtimeMs === before.mtimeMs) continue;
          const where = [form, atRead];
          expect([where, stderr]).toEqual([where, expect.stringContaining(`${file} was changed while it was `)]);
          expect([where, stderr]).toEqual([where, expect.not.stringMatching(/\n\s+at |Unexpected failure/)]);
          expect([where, status]).toEqual([where, 4]);
          expect([where, readdirSync(folder)]).toEqual([where, ["evidence.msl"]]);
          if (form === "json") {
            const document = JSON.parse(stdout);
            expect([where, document.error?.code, misfits(name, document)]).toEqual([where, "changed", []]);
          }
          if (form === "ndjson") {
            const lines = stdout.trimEnd().split("\n");
            expect([where, lines.flatMap((text) => lineMisfits(name, text))]).toEqual([where, []]);
            expect([where, JSON.parse(lines.at(-1) ?? "").error?.code]).toEqual([where, "changed"]);
          }
        }
      }
    },
  );
});

it("a file that another one replaces under its name is read to its end as it was", async () => {
  const { file } = freshCopy();
  const { status } = await mslBeside(["verify", file]);
  expect(status).toBe(0);
});
