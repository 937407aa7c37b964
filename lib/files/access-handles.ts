/** Handles whose answer is still to come. */
const asked = new Set<FileSystemFileHandle>();

/**
 * `createSyncAccessHandle`, which always answers. Chromium (seen in 156) forgets the answer when the
 * file's own handle is garbage-collected before it came, and whoever waits for it waits for ever: a
 * few bytes of memory decide. So the handle is held until then.
 */
export async function openAccess(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  asked.add(file);
  try {
    return await file.createSyncAccessHandle();
  } finally {
    asked.delete(file);
  }
}
