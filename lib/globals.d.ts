/**
 * The few globals that pure rooms may use. They exist alike in Node, workers and pages; naming them
 * here, instead of taking in the DOM library, keeps everything else of the browser out of the core.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBuffer): string;
}
declare function structuredClone<T>(value: T): T;
declare function btoa(text: string): string;
declare function atob(text: string): string;
declare function queueMicrotask(task: () => void): void;
declare function setTimeout(task: () => void, ms: number): number;
declare function clearTimeout(id: number | undefined): void;

interface CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
}
type CryptoAlgorithm = string | { name: string; [parameter: string]: unknown };
declare const crypto: {
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  readonly subtle: {
    importKey(
      format: 'raw',
      data: Uint8Array<ArrayBuffer>,
      algorithm: CryptoAlgorithm,
      extractable: boolean,
      usages: string[],
    ): Promise<CryptoKey>;
    generateKey(
      algorithm: { name: 'X25519' },
      extractable: boolean,
      usages: 'deriveBits'[],
    ): Promise<{ readonly privateKey: CryptoKey; readonly publicKey: CryptoKey }>;
    generateKey(
      algorithm: CryptoAlgorithm,
      extractable: boolean,
      usages: string[],
    ): Promise<CryptoKey>;
    exportKey(format: 'raw', key: CryptoKey): Promise<ArrayBuffer>;
    deriveBits(algorithm: CryptoAlgorithm, key: CryptoKey, bits: number): Promise<ArrayBuffer>;
    encrypt(
      algorithm: CryptoAlgorithm,
      key: CryptoKey,
      data: Uint8Array<ArrayBuffer>,
    ): Promise<ArrayBuffer>;
    decrypt(
      algorithm: CryptoAlgorithm,
      key: CryptoKey,
      data: Uint8Array<ArrayBuffer>,
    ): Promise<ArrayBuffer>;
    digest(algorithm: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  };
};
