/** Programs whose names look like what the kernel writes: the process identity and the module have the name of the file. */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { captured } from "./support/captured.js";
import { CAN_CAPTURE, Targets } from "./support/target.js";

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
