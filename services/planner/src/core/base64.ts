import { decodeBase64, EncodingError } from "@outlayer/near";

/** Undefined for what is not base64. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return decodeBase64(text);
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}
