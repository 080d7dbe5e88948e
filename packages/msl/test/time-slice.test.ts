import { describe, expect, it } from "vitest";
import { TimeSlice } from "../src/source/time-slice.js";

describe("TimeSlice", () => {
  it("a time slice is not spent by little work", () => {
    const slice = new TimeSlice(undefined);
    for (let i = 0; i < 100; i++) expect(slice.isSpent()).toBe(false);
  });

  it("a time slice is spent after 6 ms of work", () => {
    const slice = new TimeSlice(undefined);
    const started = performance.now();
    while (!slice.isSpent(64)) {
      const end = performance.now() + 0.1;
      while (performance.now() < end);
      if (end - started > 5_000) throw new Error("a slice of more than 5 s");
    }
    expect(performance.now() - started).toBeGreaterThanOrEqual(5);
  });

  it("a time slice is spent after many units of work even if the clock stands still", () => {
    const now = performance.now;
    performance.now = () => 0;
    try {
      const slice = new TimeSlice(undefined);
      let units = 0;
      while (!slice.isSpent(1024) && units < 2 ** 24) units += 1024;
      expect(units).toBeLessThan(2 ** 24);
    } finally {
      performance.now = now;
    }
  });

  it("renewing a time slice lets timers and signals run, and throws aborted after the signal fired", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const slice = new TimeSlice(controller.signal);
    const work = async () => {
      for (let i = 0; i < 1e9; i++) if (slice.isSpent()) await slice.renew();
    };
    await expect(work()).rejects.toMatchObject({ code: "aborted" });
  });
});
