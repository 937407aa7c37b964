/** OPFS in memory, as far as the spool needs it, with sync access handles as a worker has them. */

class Entry {
  bytes = new Uint8Array(0);
  locked = false;
}

const missing = () => new DOMException('no such entry', 'NotFoundError');

export class FakeOpfs {
  readonly files = new Map<string, Entry>();
  /** Bytes that more can be written. */
  free = Infinity;
  /** Called before each write. */
  onWrite: ((name: string, at: number) => void) | null = null;

  names(): string[] {
    return [...this.files.keys()].toSorted();
  }

  text(name: string): string {
    return new TextDecoder().decode(this.files.get(name)?.bytes);
  }

  /** What `navigator.storage.getDirectory` answers; folders within are names with a slash. */
  directory(prefix = ''): FileSystemDirectoryHandle {
    const { files } = this;
    return {
      kind: 'directory',
      name: prefix,
      getDirectoryHandle: async (name: string) => this.directory(`${prefix}${name}/`),
      getFileHandle: async (name: string, { create = false } = {}) => {
        const key = `${prefix}${name}`;
        if (!files.has(key)) {
          if (!create) throw missing();
          files.set(key, new Entry());
        }
        return this.#file(key, name);
      },
      removeEntry: async (name: string, { recursive = false } = {}) => {
        const key = `${prefix}${name}`;
        const below = [...files].filter(([each]) => recursive && each.startsWith(`${key}/`));
        const own = files.get(key);
        const entries: [string, Entry][] = own ? [[key, own], ...below] : below;
        if (entries.length === 0) throw missing();
        for (const [, { locked }] of entries) {
          if (locked) throw new DOMException('locked', 'NoModificationAllowedError');
        }
        for (const [each] of entries) files.delete(each);
      },
      keys: async function* () {
        const below = [...files.keys()].filter((key) => key.startsWith(prefix));
        yield* new Set(below.map((key) => key.slice(prefix.length).split('/')[0]));
      },
    } as unknown as FileSystemDirectoryHandle;
  }

  #file(key: string, name: string): FileSystemFileHandle {
    const entry = this.files.get(key) ?? new Entry();
    return {
      kind: 'file',
      name,
      getFile: async () => new File([entry.bytes.slice()], name),
      createSyncAccessHandle: async () => {
        if (entry.locked) throw new DOMException('locked', 'NoModificationAllowedError');
        entry.locked = true;
        return {
          getSize: () => entry.bytes.length,
          truncate: (size: number) => {
            const cut = new Uint8Array(size);
            cut.set(entry.bytes.subarray(0, size));
            entry.bytes = cut;
          },
          read: (into: Uint8Array, { at = 0 } = {}) => {
            const part = entry.bytes.subarray(at, at + into.length);
            into.set(part);
            return part.length;
          },
          write: (bytes: Uint8Array, { at = 0 } = {}) => {
            this.onWrite?.(name, at);
            const more = at + bytes.length - entry.bytes.length;
            if (more > this.free) throw new DOMException('full', 'QuotaExceededError');
            this.free -= Math.max(0, more);
            const grown = new Uint8Array(Math.max(entry.bytes.length, at + bytes.length));
            grown.set(entry.bytes);
            grown.set(bytes, at);
            entry.bytes = grown;
            return bytes.length;
          },
          flush: () => {},
          close: () => {
            entry.locked = false;
          },
        };
      },
    } as unknown as FileSystemFileHandle;
  }
}

/** What a person picked: the disk it lies on can change, and the browser's leave with it. */
export class FakeDisk {
  readonly files = new Map<string, { bytes: Uint8Array<ArrayBuffer>; modified: number }>();
  permission: PermissionState = 'granted';

  put(path: string, text: string, modified = 1000): void {
    this.files.set(path, { bytes: new TextEncoder().encode(text), modified });
  }

  file(path: string): File {
    const found = this.files.get(path);
    if (!found) throw missing();
    const name = path.slice(path.lastIndexOf('/') + 1);
    return new File([found.bytes], name, { lastModified: found.modified });
  }
}

/** Survives the structured clone of the database by being one object in all copies. */
export class FakeHandle {
  readonly kind: FileSystemHandleKind;
  readonly name: string;
  readonly #disk: FakeDisk;
  readonly #path: string;

  constructor(disk: FakeDisk, path: string, kind: FileSystemHandleKind = 'file') {
    this.kind = kind;
    this.name = path.slice(path.lastIndexOf('/') + 1);
    this.#disk = disk;
    this.#path = path;
  }

  get real(): FileSystemHandle {
    return this as unknown as FileSystemHandle;
  }

  async queryPermission(): Promise<PermissionState> {
    return this.#disk.permission;
  }

  async getFile(): Promise<File> {
    if (this.#disk.permission !== 'granted') throw new DOMException('no', 'NotAllowedError');
    return this.#disk.file(this.#path);
  }

  async getDirectoryHandle(name: string): Promise<FakeHandle> {
    return new FakeHandle(this.#disk, `${this.#path}/${name}`, 'directory');
  }

  async getFileHandle(name: string): Promise<FakeHandle> {
    if (/[:]|\.url$/.test(name)) throw new TypeError('Name is not allowed.');
    this.#disk.file(`${this.#path}/${name}`);
    return new FakeHandle(this.#disk, `${this.#path}/${name}`);
  }
}

const cloneValue = globalThis.structuredClone;

/** As the browser's, which clones handles. */
export function cloneWithHandles(value: unknown): unknown {
  if (value instanceof FakeHandle) return value;
  return cloneValue(value);
}
