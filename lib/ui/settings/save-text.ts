/** How long a blob's address stays: the browser has taken it by then. */
const HELD_MS = 60_000;

/** Has the browser save a text file, as a click on a link to it would. */
export function saveText(text: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), HELD_MS);
}
