import { BorshError, BorshReader } from "./reader.ts";

/**
 * Encoding of a type. The `borsh` package has no such types, accepts trailing bytes and invalid UTF-8, and has no Rust messages; all
 * three matter to a stand-in for a contract.
 */
export interface Codec<T> {
  /** @throws BorshError */
  read(reader: BorshReader): T;
  /** The parts of the encoding, in order. */
  write(value: T): readonly Uint8Array[];
}

/** @throws BorshError, also for trailing bytes */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new BorshReader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return new Uint8Array(Buffer.concat(codec.write(value)));
}

export const u32: Codec<number> = {
  read: (reader) => reader.u32(),
  write: (value) => [unsigned(BigInt(value), 4)],
};

export const u64: Codec<bigint> = {
  read: (reader) => reader.unsigned(8),
  write: (value) => [unsigned(value, 8)],
};

export const u128: Codec<bigint> = {
  read: (reader) => reader.unsigned(16),
  write: (value) => [unsigned(value, 16)],
};

export const text: Codec<string> = {
  read: (reader) => reader.text(),
  write: (value) => prefixed(Buffer.from(value)),
};

/** `Vec<u8>`. */
export const bytes: Codec<Uint8Array> = {
  read: (reader) => reader.take(reader.u32()),
  write: (value) => prefixed(value),
};

/** `[u8; count]`. */
export function fixedBytes(count: number, shortMessage?: string): Codec<Uint8Array> {
  return {
    read: (reader) => reader.take(count, shortMessage),
    write(value) {
      if (value.length !== count) throw new BorshError(`expected ${count} bytes, got ${value.length}`);
      return [value];
    },
  };
}

export function vec<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    read(reader) {
      const items: T[] = [];
      for (let left = reader.u32(); left > 0; left -= 1) items.push(item.read(reader));
      return items;
    },
    write: (items) => [unsigned(BigInt(items.length), 4), ...items.flatMap((value) => item.write(value))],
  };
}

/** `Option<T>`. */
export function option<T>(some: Codec<T>): Codec<T | null> {
  return {
    read(reader) {
      const tag = reader.u8();
      if (tag > 1) throw new BorshError(`Invalid Option representation: ${tag}. The first byte must be 0 or 1`);
      return tag === 1 ? some.read(reader) : null;
    },
    write: (value) => (value === null ? [Uint8Array.of(0)] : [Uint8Array.of(1), ...some.write(value)]),
  };
}

/** Fields in the order of the object's keys. */
export function struct<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    read: (reader) => Object.fromEntries(names.map((name) => [name, fields[name].read(reader)])) as T,
    write: (value) => names.flatMap((name) => fields[name].write(value[name])),
  };
}

/** Tag byte and body of each kind of a union. */
export type Variants<T extends { readonly kind: string }> = {
  readonly [K in T["kind"]]: readonly [tag: number, body: Codec<Omit<Extract<T, { readonly kind: K }>, "kind">>];
};

/** An enum: a tag byte, then the body. @param unknownTag makes the message for an unknown tag */
export function tagged<T extends { readonly kind: string }>(
  variants: Variants<T>,
  unknownTag: (tag: number) => string = (tag) => `Unexpected variant tag: ${tag}`,
): Codec<T> {
  const byKind = new Map(Object.entries<readonly [number, Codec<object>]>(variants));
  const byTag = new Map([...byKind].map(([kind, [tag, body]]) => [tag, { kind, body }]));
  return {
    read(reader) {
      const tag = reader.u8();
      const variant = byTag.get(tag);
      if (!variant) throw new BorshError(unknownTag(tag));
      return { kind: variant.kind, ...variant.body.read(reader) } as unknown as T;
    },
    write(value) {
      const variant = byKind.get(value.kind);
      if (!variant) throw new BorshError(`no variant ${value.kind}`);
      return [Uint8Array.of(variant[0]), ...variant[1].write(value)];
    },
  };
}

function prefixed(value: Uint8Array): readonly Uint8Array[] {
  return [unsigned(BigInt(value.length), 4), value];
}

function unsigned(value: bigint, byteCount: number): Uint8Array {
  if (value < 0n || value >= 1n << BigInt(8 * byteCount))
    throw new BorshError(`${value} does not fit ${byteCount} bytes`);
  return Uint8Array.from({ length: byteCount }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}
