/** Questions where no worker can be started. */
import { expect, it, vi } from "vitest";
import { FlatMemory, search, textPattern } from "../../src/index.js";

vi.mock("#looking-worker", () => ({ newLookingWorker: undefined }));

it("the caller's thread looks where there are no workers, and says so", async () => {
  const memory = new FlatMemory(new TextEncoder().encode("a needle"), 0n);
  const found = search(memory, [textPattern("needle")], { threads: 4 });
  for await (const matches of found) expect(matches).toEqual([{ address: 2n, pattern: 0, length: 6 }]);
  expect(found.threads).toMatchObject({ used: 1, asked: 4, reason: { code: "no-workers" } });
});
