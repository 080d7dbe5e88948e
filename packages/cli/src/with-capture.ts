import type { Capture, CaptureInput, KeyMaterial, KeyProvider, OpenOptions } from "@memslice/msl";
import type { Invocation } from "./command.js";
import { openReadably } from "./damaged-header.js";
import { forgetKeys, keysGiven, type SecretRequest } from "./secrets/key-options.js";

/** Opens a capture, calls `use` with it, and closes it. `keysOf` gets its key from the options, the environment or the user at the terminal. */
export async function withCapture<T>(
  file: string,
  input: CaptureInput,
  invocation: Invocation,
  openOptions: OpenOptions,
  use: (capture: Capture) => Promise<T>,
  keysOf: (request: SecretRequest, file: string) => Promise<KeyMaterial | KeyProvider> = keysGiven,
): Promise<T> {
  const capture = await openWithKeys(input, openOptions, await keysOf(invocation, file));
  try {
    return await use(capture);
  } finally {
    await capture.close();
  }
}

async function openWithKeys(input: CaptureInput, options: OpenOptions, keys: KeyMaterial | KeyProvider): Promise<Capture> {
  try {
    return await openReadably(input, { ...options, keys });
  } finally {
    forgetKeys(keys);
  }
}
