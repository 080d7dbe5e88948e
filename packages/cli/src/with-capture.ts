import { type Capture, type OpenOptions, openCapture } from "@memslice/msl";

/** Opens a capture for as long as `use` takes. */
export async function withCapture<T>(file: string, options: OpenOptions, use: (capture: Capture) => Promise<T>): Promise<T> {
  const capture = await openCapture(file, options);
  try {
    return await use(capture);
  } finally {
    await capture.close();
  }
}
