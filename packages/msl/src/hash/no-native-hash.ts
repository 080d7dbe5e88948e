/** Browsers and edge runtimes load no machine code. */
import type { NewNativeBlake3 } from "./native-blake3.js";

export async function loadNativeBlake3(): Promise<NewNativeBlake3 | null> {
  return null;
}
