import { fileURLToPath } from "node:url";

/** The folder of sample captures in the repository. */
export const FIXTURES = fileURLToPath(new URL("../../../../fixtures/captures", import.meta.url));
