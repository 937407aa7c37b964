/**
 * [RC11] The base64 of a `knock`, which has no body. Apart from the other messages, since background
 * sends it and shall not carry their cryptography.
 */
export const KNOCK = 'Cg==';
