import type { Capture, Deviation } from "../src/index.js";

/** All that `crossCheck` finds. */
export async function crossCheck(capture: Capture): Promise<Deviation[]> {
  const found: Deviation[] = [];
  for await (const deviation of capture.crossCheck()) found.push(deviation);
  return found;
}
