/**
 * OPFS sync access handles (File System Standard §2.4), which TypeScript keeps in its library for
 * workers; that one cannot be loaded beside the DOM's.
 */
interface FileSystemSyncAccessHandle {
  read(into: Uint8Array<ArrayBuffer>, options?: { at?: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options?: { at?: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
