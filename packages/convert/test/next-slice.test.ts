import { expect, it } from "vitest";
import { nextSlice } from "../src/dump/next-slice.js";

it("the next part of a work begins in a new turn of the event loop", async () => {
  const turns: string[] = [];
  setImmediate(() => turns.push("other work"));
  await nextSlice(undefined);
  expect(turns).toEqual(["other work"]);
});

it("the next part does not begin once the signal has fired", async () => {
  await expect(nextSlice(AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
});
