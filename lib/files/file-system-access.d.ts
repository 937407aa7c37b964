/**
 * File System Access (WICG), which Chromium has and TypeScript's library has not: optional, because
 * other browsers lack it.
 */
interface FileSystemHandle {
  queryPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>;
  /** Needs a click in a page. */
  requestPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>;
}
interface DataTransferItem {
  /** Only while the event is being handled. */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
interface Window {
  showOpenFilePicker?(options: {
    multiple?: boolean;
    id?: string;
  }): Promise<FileSystemFileHandle[]>;
}
