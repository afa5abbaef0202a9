import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/**
 * A message as the other side of a call gets it: whole, with the defaults of its fields, and nobody else's. Neither side sees
 * what the other one changes in its own afterwards.
 */
export function handOver<D extends DescMessage>(desc: D, message: MessageInitShape<D>): MessageShape<D> {
  return copyOf(create(desc, message)) as MessageShape<D>;
}

/**
 * The same for a request, within its method's bound.
 * @param maxBytes of the encoded message @throws ConnectError ResourceExhausted, as where it is decoded
 */
export function handOverWithin<D extends DescMessage>(
  desc: D,
  message: MessageInitShape<D>,
  maxBytes: number,
): MessageShape<D> {
  const whole = create(desc, message);
  if (mostBytesOf(whole) > maxBytes && toBinary(desc, whole).length > maxBytes) {
    throw new ConnectError(`message size is larger than configured readMaxBytes ${maxBytes}`, Code.ResourceExhausted);
  }
  return copyOf(whole) as MessageShape<D>;
}

/** Messages are plain objects of scalars, bytes, lists, maps, oneofs and messages, and JSON in place of a `Struct`. */
function copyOf(value: unknown): unknown {
  // UTF-8 has no lone surrogates: an encoder writes U+FFFD in their place.
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Uint8Array) return value.slice();
  const from = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  const isMessage = "$typeName" in from;
  for (const key of Object.keys(from)) {
    const held = from[key];
    // A field that is set to undefined is absent; the case of a oneof is not.
    if (held === undefined && isMessage) continue;
    // Else the key would set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { ...own, value: copyOf(held) });
    else copy[key] = copyOf(held);
  }
  return copy;
}

const own = { configurable: true, enumerable: true, writable: true };

/** Of a field: its tag and the length of what it holds, and a number. */
const fieldBytes = 24;

/** No less than a message's encoded length: three bytes for each UTF-16 unit, names of fields as if they were keys of maps. */
function mostBytesOf(value: unknown): number {
  if (typeof value === "string") return fieldBytes + 3 * value.length;
  if (typeof value !== "object" || value === null) return fieldBytes;
  if (value instanceof Uint8Array) return fieldBytes + value.length;
  let bytes = fieldBytes;
  if (Array.isArray(value)) for (const item of value) bytes += mostBytesOf(item);
  else
    for (const key of Object.keys(value)) bytes += 3 * key.length + fieldBytes + mostBytesOf(Reflect.get(value, key));
  return bytes;
}
