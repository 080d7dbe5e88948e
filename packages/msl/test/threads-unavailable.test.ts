import { afterEach, describe, expect, it, vi } from "vitest";
import { openCapture } from "../src/index.js";
import type { ThreadListener } from "../src/threads/threads.js";
import { vectorV1 } from "./vectors.js";

const platform = vi.hoisted(() => ({ available: 2, start: (_listener: ThreadListener<never>): void => {}, started: 0 }));
vi.mock("#threads", () => ({
  availableThreads: () => platform.available,
  startThread: (_task: unknown, listener: ThreadListener<never>) => {
    platform.started++;
    platform.start(listener);
    return { terminate: async () => {} };
  },
}));
afterEach(() => {
  platform.available = 2;
  platform.started = 0;
});

const verdictWith = async (threads: number | "auto") => (await (await openCapture(vectorV1(0))).verify({ threads })).verdict;

describe("a verification by the caller's thread", () => {
  it("the caller's thread verifies if the runtime has no threads", async () => {
    platform.available = 0;
    expect(await verdictWith(2)).toBe("chain-ok+filehash-ok");
    expect(platform.started).toBe(0);
  });

  it("the caller's thread verifies if workers do not start", async () => {
    platform.start = ({ onCrash }) => void setTimeout(() => onCrash({ code: "worker-failed", message: "it ended" }), 5);
    expect(await verdictWith(2)).toBe("chain-ok+filehash-ok");
    expect(platform.started).toBe(1);
    platform.start = () => {
      throw new Error("workers are forbidden here");
    };
    expect(await verdictWith(2)).toBe("chain-ok+filehash-ok");
  });

  it("the caller's thread verifies captures below 64 MiB", async () => {
    platform.start = () => expect.fail("no thread was expected");
    expect(await verdictWith("auto")).toBe("chain-ok+filehash-ok");
  });
});
