import { AccountIdError, parseAccountId } from "../../crypto/account-id.ts";
import { Base64Error, decodeBase64 } from "../../crypto/base64.ts";
import { FormatError } from "../../crypto/format-error.ts";
import { DecodeError, unexpected } from "./decode-error.ts";

/** Reads a parsed JSON value as serde would: it accepts the same values, and refuses others in the same words. */
export interface Decoder<T> {
  /** @throws DecodeError */
  decode(value: unknown): T;
  /** The meaning of an absent field; a field without this is required. */
  readonly whenAbsent?: { readonly value: T };
}

export const text: Decoder<string> = {
  decode: (value) => (typeof value === "string" ? value : unexpected(value, "a string")),
};

export const bool: Decoder<boolean> = {
  decode: (value) => (typeof value === "boolean" ? value : unexpected(value, "a boolean")),
};

/** A JSON number. */
export const u32: Decoder<number> = {
  decode(value) {
    const fits = typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
    return fits ? value : unexpected(value, "u32");
  },
};

/** Whatever JSON value. */
export const anything: Decoder<unknown> = { decode: (value) => value };

/** A text that `parse` understands: its `FormatError`'s message is serde's as well. */
export function parsed<T>(parse: (value: string) => T): Decoder<T> {
  return {
    decode(value) {
      const input = text.decode(value);
      try {
        return parse(input);
      } catch (error) {
        if (error instanceof FormatError) throw new DecodeError(error.message);
        throw error;
      }
    },
  };
}

export const accountId: Decoder<string> = {
  decode(value) {
    const id = text.decode(value);
    try {
      return parseAccountId(id);
    } catch (error) {
      if (error instanceof AccountIdError) throw new DecodeError(`invalid value: "${id}", ${error.message}`);
      throw error;
    }
  },
};

export const base64Bytes: Decoder<Uint8Array> = parsed(decodeBase64);

/** Standard base64 of exactly 32 bytes: a nonce. */
export const base64Bytes32: Decoder<Uint8Array> = parsed((value) => {
  const bytes = decodeBase64(value);
  if (bytes.length !== 32) throw new Base64Error(`invalid length ${bytes.length}, expected an array of length 32`);
  return bytes;
});

/** Absent and null are both `undefined`. */
export function optional<T>(some: Decoder<T>): Decoder<T | undefined> {
  return {
    decode: (value) => (value === null ? undefined : some.decode(value)),
    whenAbsent: { value: undefined },
  };
}

/** Absent is `fallback`; null is not. */
export function defaulting<T>(some: Decoder<T>, fallback: T): Decoder<T> {
  return { decode: (value) => some.decode(value), whenAbsent: { value: fallback } };
}

/** `undefined` where the value cannot be read: serde's flattened options. */
export function orNothing<T>(some: Decoder<T>): Decoder<T | undefined> {
  return {
    decode(value) {
      try {
        return some.decode(value);
      } catch (error) {
        if (error instanceof DecodeError) return undefined;
        throw error;
      }
    },
  };
}

export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return {
    decode: (value) =>
      Array.isArray(value) ? value.map((entry) => item.decode(entry)) : unexpected(value, "a sequence"),
  };
}

/** A JSON array of exactly two values. */
export function pair<A, B>(first: Decoder<A>, second: Decoder<B>): Decoder<readonly [A, B]> {
  return {
    decode(value) {
      if (!Array.isArray(value)) return unexpected(value, "a tuple of size 2");
      if (value.length !== 2) throw new DecodeError(`invalid length ${value.length}, expected a tuple of size 2`);
      return [first.decode(value[0]), second.decode(value[1])];
    },
  };
}

/** Keys and values of an object. Equal keys are kept apart here; in a Map the later one wins. */
export function entries<K, V>(key: Decoder<K>, entry: Decoder<V>): Decoder<readonly (readonly [K, V])[]> {
  return {
    decode(value) {
      if (!isObject(value)) return unexpected(value, "a map");
      return Object.entries(value).map(([name, content]) => [key.decode(name), entry.decode(content)]);
    },
  };
}

/** An object with these fields. Others are ignored; present fields are read in their order, then missing ones are reported. */
export function object<T extends object>(fields: { readonly [K in keyof T]: Decoder<T[K]> }): Decoder<T> {
  const decoders = new Map(Object.entries<Decoder<unknown>>(fields));
  return {
    decode(value) {
      if (!isObject(value)) return unexpected(value, "an object");
      const given = new Map<string, unknown>();
      for (const [name, content] of Object.entries(value)) {
        const decoder = decoders.get(name);
        if (decoder) given.set(name, decoder.decode(content));
      }
      for (const [name, decoder] of decoders) {
        if (given.has(name)) continue;
        if (!decoder.whenAbsent) throw new DecodeError(`missing field \`${name}\``);
        given.set(name, decoder.whenAbsent.value);
      }
      return Object.fromEntries(given) as T;
    },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
