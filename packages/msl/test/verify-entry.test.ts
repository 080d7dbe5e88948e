/** `@memslice/msl/verify`, which has no ciphers, against `verifyStream` of `@memslice/msl`. */
import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { type MslError, verifyStream as verifyAny } from "../src/index.js";
import { verifyStream } from "../src/verify.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE } from "./fixtures.js";

describe("verifyStream of the entry verify", () => {
  it.each(READABLE)("the entry verify reports on %s what the package reports", async (name) => {
    const comparable = ({ elapsedMs: _, ...report }: Record<string, unknown>) => report;
    const mine = comparable(JSON.parse(JSON.stringify(await verifyStream(fixtureBytes(name)))));
    expect(mine).toEqual(comparable(JSON.parse(JSON.stringify(await verifyAny(fixtureBytes(name))))));
    expect(mine).toHaveProperty("outcome");
  });

  it.each(ENCRYPTED.slice(0, 3))("the entry verify refuses %s, which is encrypted, with and without its keys", async (name) => {
    for (const options of [{}, { keys: keysOf(expectation(name)) }]) {
      const refused = await verifyStream(fixtureBytes(name), options).catch((error: MslError) => error);
      expect(refused).toMatchObject({ code: "unsupported-encryption", message: expect.stringMatching(/from @memslice\/msl$/) });
    }
  });
});
