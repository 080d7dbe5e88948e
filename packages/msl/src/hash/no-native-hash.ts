/** Browsers and edge runtimes load no machine code. */
import type { LoadNativeBlake3 } from "./native-blake3.js";

export const loadNativeBlake3: LoadNativeBlake3 | undefined = undefined;
