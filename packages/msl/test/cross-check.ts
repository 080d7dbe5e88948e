import type { Capture, Deviation } from "../src/index.js";

/** All deviations that `crossCheck` yields. */
export async function crossCheck(capture: Capture): Promise<Deviation[]> {
  const found: Deviation[] = [];
  for await (const deviation of capture.crossCheck()) found.push(deviation);
  return found;
}
