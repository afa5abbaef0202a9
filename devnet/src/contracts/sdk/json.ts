import { DecodeError } from "./decode-error.ts";
import type { Decoder } from "./decoder.ts";
import { panic } from "./panic.ts";

/**
 * Parses JSON text and decodes it. Errors name the text's end as position: exact for errors that serde notices only there (a missing
 * field, the last field's content), close enough for the rest.
 * @throws DecodeError with the position
 */
export function readJson<T>(json: string, decoder: Decoder<T>): T {
  try {
    return decoder.decode(parse(json));
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${error.message} at ${endOf(json)}`);
    throw error;
  }
}

/** A call's arguments. @throws ContractPanic as near-sdk's generated code does */
export function readArguments<T>(args: Uint8Array, decoder: Decoder<T>): T {
  try {
    return readJson(Buffer.from(args).toString("utf8"), decoder);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return panic(`Failed to deserialize input from JSON. Error: \`${error.message}\``);
  }
}

/** UTF-8 JSON. Integers of 64 bits and more are given as strings. */
export function jsonBytes(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

/** The decoded JSON answer of another contract; undefined where the decoder does not accept it. */
export function answerOf<T>(bytes: Uint8Array, decoder: Decoder<T>): T | undefined {
  try {
    return readJson(Buffer.from(bytes).toString("utf8"), decoder);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new DecodeError(json.trim() === "" ? "EOF while parsing a value" : "expected value");
  }
}

function endOf(json: string): string {
  const lines = json.split("\n");
  return `line ${lines.length} column ${Buffer.byteLength(lines.at(-1) ?? "")}`;
}
