/** `@memslice/msl/plain`, which has neither ciphers nor workers nor HTTP, against `@memslice/msl`. */
import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import * as msl from "../src/index.js";
import * as plain from "../src/plain.js";
import { ENCRYPTED, expectation, fixtureBytes, fixturePath, READABLE, REFUSED } from "./fixtures.js";

type Opened = Awaited<ReturnType<typeof plain.openCapture>>;

/** What a reader finds: the summary, every payload, and the memory of every region. */
async function contentsOf(capture: Opened) {
  const blocks: unknown[] = [];
  for await (const batch of capture.decodeAll())
    for (const { block, result } of batch) blocks.push(JSON.parse(JSON.stringify({ block, result })));
  const memory: unknown[] = [];
  for (const { baseAddr, regionSize } of await capture.regions()) {
    const length = Math.min(Number(regionSize), 3 * 4096);
    memory.push(await capture.memory.read(baseAddr, length));
  }
  return { summary: JSON.parse(JSON.stringify(capture)), blocks, memory };
}

function withoutTime({ elapsedMs: _, threads: __, ...report }: Record<string, unknown>) {
  return report;
}

async function reported(report: Promise<msl.VerifyReport>) {
  return withoutTime(JSON.parse(JSON.stringify(await report)));
}

describe("the entry plain", () => {
  it.each(READABLE)("the entry plain finds in %s what the package finds, from bytes and from the file", async (name) => {
    const whole = await msl.openCapture(fixtureBytes(name));
    const expected = await contentsOf(whole);
    for (const input of [fixtureBytes(name), fixturePath(name)]) {
      const capture = await plain.openCapture(input);
      expect(await contentsOf(capture)).toEqual(expected);
      expect(await reported(capture.verify())).toEqual(await reported(whole.verify()));
      await capture.close();
      expect(await reported(plain.verifyCapture(input))).toEqual(await reported(msl.verifyCapture(input)));
    }
    await whole.close();
  });

  it.each(REFUSED)("the entry plain refuses %s by the error of the package", async (name) => {
    const errorOf = async (opened: Promise<unknown>) =>
      opened.then(String, ({ code, message }: msl.MslError) => ({ code, message }));
    const input = fixtureBytes(name);
    expect(await errorOf(plain.openCapture(input))).toEqual(await errorOf(msl.openCapture(input)));
  });

  it.each(ENCRYPTED.slice(0, 3))("the entry plain refuses %s, which is encrypted, with and without its keys", async (name) => {
    const refusal = {
      code: "unsupported-encryption",
      message: expect.stringMatching(/: import openCapture from @memslice\/msl or /),
    };
    for (const options of [{}, { keys: keysOf(expectation(name)) }]) {
      await expect(plain.openCapture(fixtureBytes(name), options)).rejects.toMatchObject(refusal);
      await expect(plain.verifyCapture(fixtureBytes(name), options)).rejects.toMatchObject(refusal);
      await expect(plain.openCapture(fixtureBytes(name), options)).rejects.toBeInstanceOf(msl.MslError);
    }
  });

  it("the entry plain refuses URLs, salvage, and what blocks say about each other, and names the entry to import", async () => {
    const refusal = {
      code: "usage",
      message: expect.stringMatching(/: import openCapture from @memslice\/msl or @memslice\/msl\/read$/),
    };
    await expect(plain.openCapture("https://captures.invalid/a.msl")).rejects.toMatchObject(refusal);
    await expect(plain.verifyCapture(new URL("https://captures.invalid/a.msl"))).rejects.toMatchObject(refusal);
    const [name = ""] = READABLE;
    await expect(plain.openCapture(fixtureBytes(name), { salvage: true })).rejects.toMatchObject(refusal);
    const capture = await plain.openCapture(fixtureBytes(name));
    for (const asked of [capture.references(), capture.modules(), capture.moduleAt(0n), capture.threads(), capture.keyHints()])
      await expect(asked).rejects.toMatchObject(refusal);
    await expect(capture.locate(0n)).rejects.toMatchObject(refusal);
    await expect(capture.crossCheck().next()).rejects.toMatchObject(refusal);
    await capture.close();
  });

  it("the entry plain works with one thread, and says why", async () => {
    const [name = ""] = READABLE;
    const capture = await plain.openCapture(fixtureBytes(name), { threads: 4 });
    const one = { used: 1, asked: 4, reason: { code: "plain-entry" } };
    expect(capture.decodingThreads).toMatchObject(one);
    expect((await capture.verify({ threads: 4 })).threads).toMatchObject(one);
    expect((await plain.verifyCapture(fixtureBytes(name), { threads: 4 })).threads).toMatchObject(one);
    await capture.close();
  });
});
