/** Names of files made from texts of a capture, which may be hostile: "../../etc/passwd", "CON", terminal escapes, 64 KiB of letters. */

const MOST_CHARACTERS = 80;
/** Names of devices on Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/i;

/**
 * The last part of a path of Unix or Windows with letters and digits of ASCII, dots, dashes and underscores; every other character becomes an underscore.
 * Never empty, never a dot first or last, at most 80 characters, and no name of a device. Different texts may become the same name.
 */
export function safeFileName(text: string): string {
  const last = text.slice(Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1);
  const name = last
    .slice(-MOST_CHARACTERS)
    .replaceAll(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^[.-]+/, "_")
    .replace(/\.+$/, "_");
  if (name === "") return "unnamed";
  return DEVICE.test(name) ? `_${name.slice(0, MOST_CHARACTERS - 1)}` : name;
}
