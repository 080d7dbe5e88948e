import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readProcMaps } from "../src/proc/read-proc-maps.js";

it("reads the mappings of this process, whose program and stack are among them", async () => {
  const ranges = await readProcMaps(process.pid);
  const names = ranges.map(({ path }) => path);
  expect(names).toEqual(expect.arrayContaining([process.execPath, "[stack]"]));
  const pages = readFileSync("/proc/self/maps", "latin1").split("\n").length - 1;
  expect(Math.abs(ranges.length - pages)).toBeLessThan(50);
});

it("a process that does not exist is a source that cannot be read", async () => {
  await expect(readProcMaps(2 ** 22 + 1)).rejects.toMatchObject({
    code: "source",
    message: expect.stringContaining("/proc/4194305/maps"),
  });
});
