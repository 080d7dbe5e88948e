import { open } from "node:fs/promises";
import type { SlabChain } from "@memslice/core-wasm";
import { beforeEach, expect, it, vi } from "vitest";
import { openCapture } from "../src/index.js";
import type { SlabMessage } from "../src/threads/hash-worker.js";
import { SlabTeam } from "../src/threads/slab-team.js";
import { fixturePath } from "./fixtures.js";

type Tell = (message: SlabMessage) => void;

/** `scripted`: no thread is started, and the test sends the messages of the threads by `tell`. */
const threads = vi.hoisted(() => ({ scripted: false, tell: [] as Tell[] }));

vi.mock("#threads", async (original) => {
  const real = await original<{ startThread: (task: unknown, hear: { onMessage: Tell }) => unknown }>();
  const startThread: typeof real.startThread = (task, hear) => {
    if (!threads.scripted) return real.startThread(task, hear);
    threads.tell.push(hear.onMessage);
    return { terminate: async () => {} };
  };
  return { ...real, startThread };
});

beforeEach(() => {
  threads.scripted = false;
  threads.tell = [];
});

/** The properties of a chain that a team uses. */
function chainFor(count: number): SlabChain {
  return { job: { threads: count, fed: false }, addBreaks: () => {}, stop: () => {} } as unknown as SlabChain;
}

const failed = (offset: number): SlabMessage => ({ kind: "failed", code: "source", message: `fails at ${offset}`, offset });

it.each([[[3_000_000, 1_000_000, 2_000_000]], [[1_000_000, 3_000_000, 2_000_000]], [[2_000_000, 3_000_000, 1_000_000]]])(
  "a slab team rejects with the failure that lies first in the file, in any order of reported failures: %j",
  async (offsets) => {
    threads.scripted = true;
    const team = new SlabTeam(chainFor(offsets.length), { descriptor: 0, path: "" });
    await team.start();
    for (const [thread, offset] of offsets.entries()) threads.tell[thread]?.(failed(offset));
    await expect(team.ended).rejects.toMatchObject({ name: "MslError", code: "source", offset: 1_000_000 });
  },
);

it("a slab team rejects with the failure of one thread although other threads finish before and after it", async () => {
  threads.scripted = true;
  const team = new SlabTeam(chainFor(3), { descriptor: 0, path: "" });
  await team.start();
  threads.tell[0]?.({ kind: "done" });
  threads.tell[1]?.(failed(7));
  threads.tell[2]?.({ kind: "done" });
  await expect(team.ended).rejects.toMatchObject({ offset: 7 });
});

it("verification keeps the file open until its threads have ended, because the system may give a closed descriptor to another file", async () => {
  const dismiss = SlabTeam.prototype.dismiss;
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let dismissed = 0;
  vi.spyOn(SlabTeam.prototype, "dismiss").mockImplementation(async function (this: SlabTeam) {
    dismissed++;
    await dismiss.call(this);
    await gate;
  });
  const capture = await openCapture(fixturePath("ms-basic-plain"));
  expect((await capture.verify({ threads: 2, nativeHash: false })).outcome).toBe("intact");
  expect(dismissed).toBe(1);
  let isClosed = false;
  const closing = capture.close().then(() => {
    isClosed = true;
  });
  // Opening and closing another file 50 times gives the capture time to close its own.
  for (let turn = 0; turn < 50; turn++) await (await open(fixturePath("ms-basic-plain"))).close();
  expect(isClosed).toBe(false);
  letGo();
  await closing;
  vi.restoreAllMocks();
});
