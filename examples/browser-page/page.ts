/**
 * A page with a file picker that tells whether a capture is intact. Nothing is uploaded.
 *
 *   npm install @memslice/msl vite
 *   npx vite build browser-page
 *
 * browser-page/dist is then the page, for any web server.
 */
import { describeReport, MslError, verifyCapture } from "@memslice/msl";

const picker = element("file", HTMLInputElement);
const progress = element("progress", HTMLProgressElement);
const verdict = element("verdict", HTMLOutputElement);
const findings = element("findings", HTMLUListElement);

let current = new AbortController();

picker.addEventListener("change", () => {
  // The verification of the file that was picked before ends.
  current.abort();
  current = new AbortController();
  const [file] = picker.files ?? [];
  if (file) verify(file, current.signal);
});

async function verify(file: File, signal: AbortSignal): Promise<void> {
  progress.hidden = false;
  show(`Verifying ${file.name} …`, []);
  try {
    const report = await verifyCapture(file, {
      signal,
      onProgress: ({ bytesDone }) => {
        progress.value = bytesDone / file.size;
      },
    });
    const [sentence = report.outcome, ...details] = describeReport(report);
    show(`${file.name}: ${sentence}`, details);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof MslError)) throw error;
    show(`${file.name}: ${error.message}`, []);
  }
  progress.hidden = true;
}

/** As text: names of files and what captures contain are not to be trusted. */
function show(sentence: string, details: readonly string[]): void {
  verdict.textContent = sentence;
  findings.replaceChildren(
    ...details.map((detail) => {
      const item = document.createElement("li");
      item.textContent = detail;
      return item;
    }),
  );
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${type.name} with the id ${id}`);
  return found;
}
