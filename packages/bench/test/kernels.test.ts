import { describe, expect, it } from "vitest";
import { timePairs } from "../src/measurements/harness/short-rounds.js";
import { KERNELS } from "../src/measurements/kernels/index.js";

describe.each(KERNELS.map((kernel) => [kernel.id, kernel] as const))("kernel %s", (_, kernel) => {
  it("a kernel gives the same result as its peer, and a non-empty one", async () => {
    const input = await kernel.input();
    const [ours, peer] = [kernel.ours(input), await kernel.peer(input)];
    expect(ours.result()).toBe(peer.result());
    expect(ours.result().length).toBeGreaterThan(10);
    // Repeated runs leave the result unchanged.
    ours.run();
    expect(ours.result()).toBe(peer.result());
  });
});

describe("timePairs", () => {
  const busy = (milliseconds: number) => () => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };

  it("timePairs returns the peer's time divided by ours", () => {
    const { ratio, ours, peer, rounds } = timePairs(busy(0.2), busy(0.6), 0.01, 0.15);
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(3.5);
    expect(peer / ours).toBeGreaterThan(2);
    expect(rounds).toBeGreaterThanOrEqual(9);
  });
});
