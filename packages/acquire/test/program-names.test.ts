/** Programs whose names look like what the kernel writes: the process identity and the module have the name of the file. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { KnownFiles } from "../src/identity/file-facts.js";
import { architectureOf } from "../src/identity/process-identity.js";
import { FileNames } from "../src/proc/file-names.js";
import { deviceText } from "../src/proc/mapped-file.js";
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
  const names = [true, false].map((isRemote) => new FileNames({ hasDevice: () => isRemote }).named(process.pid, mappings)[0]);
  rmSync(folder, { recursive: true });
  expect(names.map((name) => name?.deleted)).toEqual([true, false]);
});

it.runIf(process.platform === "linux")(
  "and what its file says are not looked up once a process is going to be stopped",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "msl-names-"));
    const mappings = ["x (deleted)", "y (deleted)"].flatMap((name) => {
      const file = join(folder, name);
      writeFileSync(file, name);
      return parseMappings(
        `1000-2000 r--p 00000000 ${deviceText(statSync(file, { bigint: true }).dev)} ${statSync(file).ino} ${file}\n`,
      );
    });
    const known = new KnownFiles({ hashAlgo: "SHA-256" });
    const [asked] = known.names.named(process.pid, mappings.slice(0, 1));
    const facts = asked && (await known.ofMapping(process.pid, asked));
    expect(facts?.digest).toEqual(new Uint8Array(createHash("sha256").update("x (deleted)").digest()));
    const architecture = known.architectureOf(process.pid);
    known.names.keep();
    expect([architecture, known.architectureOf(process.pid)]).toEqual([architectureOf(process.pid), architecture]);
    const kept = async () => {
      const named = known.names.named(process.pid, mappings);
      return Promise.all(named.map(async (one) => [one.deleted, await known.ofMapping(process.pid, one)]));
    };
    const expected = [
      [false, facts],
      [true, undefined],
    ];
    expect(await kept()).toEqual(expected);
    rmSync(folder, { recursive: true });
    expect(await kept()).toEqual(expected);
  },
);

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
