import { expect, it } from "vitest";
import { progressText } from "../src/terminal/progress.js";

it("progressText shows percentage and time left only if the total is known", () => {
  const known = { bytesDone: 3 * 2 ** 20, bytesTotal: 4 * 2 ** 20, bytesPerSecond: 2 ** 21, msLeft: 500 };
  expect(progressText(known)).toBe("3.00 MiB, 2.00 MiB/s, 75 %, 1 s left");
  const stream = { bytesDone: 100, bytesTotal: undefined, bytesPerSecond: 50, msLeft: undefined };
  expect(progressText(stream)).toBe("100 bytes, 50 bytes/s");
});
