export { runCompression as run } from "../write/parallel/run-compression.js";
