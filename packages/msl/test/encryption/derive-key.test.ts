import { afterEach, describe, expect, it, vi } from "vitest";
import { requireAffordable } from "../../src/encryption/argon2/argon2.js";
import { argon2id } from "../../src/encryption/argon2/argon2-hash-wasm.js";
import { deriveKey } from "../../src/encryption/argon2/derive-key.js";
import { hexText } from "../../src/format/layout/uuid-text.js";
import type { RunningThread, ThreadListener, ThreadTask } from "../../src/threads/threads.js";

const threads = vi.hoisted(() => ({ crash: false, started: 0, ended: 0 }));
vi.mock("#threads", async (original) => {
  const real = await original<{ startThread(task: ThreadTask, listener: ThreadListener<unknown>): RunningThread }>();
  return {
    availableThreads: () => 2,
    startThread: (task: ThreadTask, listener: ThreadListener<unknown>): RunningThread => {
      threads.started++;
      if (threads.crash) setTimeout(() => listener.onCrash({ code: "worker-failed", message: "it ended" }), 5);
      const thread = threads.crash
        ? { post: () => {}, holdProcess: () => {}, terminate: async () => {} }
        : real.startThread(task, listener);
      return {
        ...thread,
        terminate: async () => {
          threads.ended++;
          await thread.terminate();
        },
      };
    },
  };
});
afterEach(() => {
  Object.assign(threads, { crash: false, started: 0, ended: 0 });
});

const password = () => new TextEncoder().encode("correct horse");
const salt = Uint8Array.from({ length: 16 }, (_, i) => i);
const MINIMUM = { kdfTime: 3, kdfMemoryKiB: 65_536, kdfLanes: 4 };
/** Published with the specification's test vectors: the passphrase, salt and parameters above. */
const KEY = "577f1ff37e9a3e52c97d39f8e83891c1b73b0e87ffe0429cee8ede2fb005fe44";

describe("the key of a passphrase", () => {
  it("the key of a passphrase is derived in a worker while this thread continues", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const key = await deriveKey(password(), salt, MINIMUM);
    clearInterval(timer);
    expect(hexText(key)).toBe(KEY);
    expect(turns).toBeGreaterThan(10);
    expect(threads).toMatchObject({ started: 1, ended: 1 });
  });

  it("the derivation of a key ends at once when the signal fires, and so does its worker", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const endless = { kdfTime: 10_000, kdfMemoryKiB: 65_536, kdfLanes: 4 };
    await expect(deriveKey(password(), salt, endless, controller.signal)).rejects.toMatchObject({ code: "aborted" });
    expect(threads).toMatchObject({ started: 1, ended: 1 });
  });

  it("the key of a passphrase is derived in this thread if workers do not start, or take longer to start than to derive", async () => {
    const [light, heavy] = [
      { kdfTime: 1, kdfMemoryKiB: 64, kdfLanes: 1 },
      { kdfTime: 1, kdfMemoryKiB: 8192, kdfLanes: 1 },
    ];
    expect(await deriveKey(password(), salt, light)).toEqual(await argon2id(password(), salt, light));
    expect(threads.started).toBe(0);
    threads.crash = true;
    expect(await deriveKey(password(), salt, heavy)).toEqual(await argon2id(password(), salt, heavy));
    expect(threads.started).toBe(1);
  });
});

describe("default limits of Argon2id", () => {
  it("the default limits of Argon2id allow the parameters of all producers, and no more memory", () => {
    requireAffordable(MINIMUM);
    const demands: [Partial<typeof MINIMUM>, string][] = [
      [{ kdfMemoryKiB: 65_537 }, "65536 KiB (argon2Limits.memoryKiB)"],
      [{ kdfTime: 17 }, "16 passes (argon2Limits.time)"],
      [{ kdfLanes: 17 }, "16 lanes (argon2Limits.lanes)"],
    ];
    for (const [more, limit] of demands) {
      expect(() => requireAffordable({ ...MINIMUM, ...more })).toThrow(`the limit is ${limit}`);
    }
    requireAffordable({ ...MINIMUM, kdfMemoryKiB: 2 ** 20 }, { memoryKiB: 2 ** 20, work: 2 ** 22 });
  });
});
