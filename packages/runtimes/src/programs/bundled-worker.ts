/** Runs the checks in workerd, in a bundle that a bundler of a user makes. */
export { default } from "./workerd.js";
