/** Browsers and workerd. */
export { portableAead as platformAead } from "./aead-portable.js";
