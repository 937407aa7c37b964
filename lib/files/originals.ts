import { SourceError } from '../transfer/errors.ts';

/**
 * The file behind a handle, or below the folder behind it.
 *
 * @throws SourceError `needs-permission`, `choose-again` when it is not there any more
 */
export async function openOriginal(
  root: FileSystemHandle,
  below: readonly string[],
): Promise<File> {
  try {
    if ((await root.queryPermission?.({ mode: 'read' })) === 'prompt') {
      throw new SourceError('needs-permission');
    }
    return await (await fileHandle(root, below)).getFile();
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    // Else it was moved, renamed or deleted, or is of a name that a handle does not find.
    const code = refused ? 'needs-permission' : 'choose-again';
    throw new SourceError(code, undefined, { cause: error });
  }
}

async function fileHandle(
  root: FileSystemHandle,
  below: readonly string[],
): Promise<FileSystemFileHandle> {
  const name = below.at(-1);
  if (name === undefined) {
    if (isFile(root)) return root;
    throw new SourceError('choose-again');
  }
  if (!isDirectory(root)) throw new SourceError('choose-again');
  let folder = root;
  for (const part of below.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
  return await folder.getFileHandle(name);
}

export function isFile(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === 'file';
}

function isDirectory(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === 'directory';
}
