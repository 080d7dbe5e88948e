import { fileURLToPath } from "node:url";

/** The folder of captures that the project brings along. */
export const FIXTURES = fileURLToPath(new URL("../../../../fixtures/captures", import.meta.url));
