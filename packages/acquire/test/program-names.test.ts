/** Programs whose names look like what the kernel writes: the process identity and the module have the name of the file. */
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { withFileNames } from "../src/proc/mapped-file.js";
import { parseMappings } from "../src/proc/mapping.js";
import { captured } from "./support/captured.js";
import { CAN_CAPTURE, Targets } from "./support/target.js";

it.runIf(process.platform === "linux")("on a file system whose server may not answer is not looked up", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-names-"));
  const file = join(folder, "x (deleted)");
  writeFileSync(file, "x");
  const { dev, ino } = statSync(file);
  const device = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)].map((one) => one.toString(16).padStart(2, "0"));
  const mappings = parseMappings(`1000-2000 r--p 00000000 ${device.join(":")} ${ino} ${file}\n`);
  const names = [true, false].map((isRemote) => withFileNames(process.pid, mappings, () => isRemote)[0]);
  rmSync(folder, { recursive: true });
  expect(names.map((name) => name?.deleted)).toEqual([true, false]);
});

describe.runIf(CAN_CAPTURE)("the name of a program", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it.each([
    ["x (deleted)", false, "x (deleted)", false],
    ["x", true, "x", true],
    ["y (deleted)", true, "y (deleted)", true],
    ["line\nfeed", false, "line\nfeed", false],
    ["line\nfeed", true, "line\nfeed", true],
    ["back\\012slash", false, "back\\012slash", false],
    ["line\nfeed (deleted)", false, "line\nfeed (deleted)", false],
  ])("%j, removed: %s, is told as it is", async (name, isRemoved, expected, deleted) => {
    const program = join(targets.folder, name);
    copyFileSync(targets.program("named"), program);
    const target = await targets.startProgram(program, "word");
    if (isRemoved) rmSync(program);
    const { report, bytes } = await captured(target.pid);
    target.end();
    const path = join(targets.folder, expected);
    const module = report.modules.find((one) => one.path === path);
    expect([report.exePath, module?.deleted]).toEqual([path, deleted]);
    const capture = await openCapture(bytes);
    expect((await capture.modules()).map((one) => one.path)).toContain(`${path}${deleted ? " (deleted)" : ""}`);
    expect(module?.diskHash === undefined).toBe(false);
  });
});
