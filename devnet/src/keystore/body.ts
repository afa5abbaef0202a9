import type { HttpRequest } from "../control/http-server.ts";
import { parseLossless } from "../control/lossless-json.ts";
import { BodyRefusal } from "./refusal.ts";

const maxBytes = 2 * 1024 * 1024;
const maxU64 = 2n ** 64n - 1n;

/** Reads a request's body. @throws BodyRefusal in axum's order and words: content type, size, syntax, root */
export function readBody({ headers, body }: HttpRequest): BodyFields {
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(headers["content-type"] ?? "")) {
    throw new BodyRefusal(415, "Expected request with `Content-Type: application/json`");
  }
  if (body.length > maxBytes) {
    throw new BodyRefusal(413, "Failed to buffer the request body: length limit exceeded");
  }
  const text = Buffer.from(body).toString();
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BodyRefusal(400, `Failed to parse the request body as JSON: ${reason}`);
  }
  return fieldsOf(value, "", ` at line 1 column ${text.length}`);
}

/** Fields of a JSON object, read like a serde struct: unknown ones are ignored, null counts as absent for optional ones. */
export class BodyFields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #position: string;

  constructor(values: Readonly<Record<string, unknown>>, path: string, position: string) {
    this.#values = values;
    this.#path = path;
    this.#position = position;
  }

  text(name: string): string {
    return this.#textAt(this.#required(name), name);
  }

  optionalText(name: string): string | undefined {
    const value = this.#values[name] ?? undefined;
    return value === undefined ? undefined : this.#textAt(value, name);
  }

  u64(name: string): bigint {
    return this.#u64At(this.#required(name), name);
  }

  optionalU64(name: string): bigint | undefined {
    const value = this.#values[name] ?? undefined;
    return value === undefined ? undefined : this.#u64At(value, name);
  }

  texts(name: string): readonly string[] {
    return this.#arrayAt(this.#required(name), name).map((item, index) => this.#textAt(item, `${name}[${index}]`));
  }

  /** A JSON object as it is. */
  object(name: string): Readonly<Record<string, unknown>> {
    const value = this.#required(name);
    return isObject(value) ? value : this.#mistyped(name, value, "a map");
  }

  fields(name: string): BodyFields {
    return fieldsOf(this.#required(name), this.#at(name), this.#position);
  }

  optionalFields(name: string): BodyFields | undefined {
    return (this.#values[name] ?? undefined) === undefined ? undefined : this.fields(name);
  }

  fieldsList(name: string): readonly BodyFields[] {
    const items = this.#arrayAt(this.#required(name), name);
    return items.map((item, index) => fieldsOf(item, this.#at(`${name}[${index}]`), this.#position));
  }

  /** Refuses the body with this message. */
  refuse(message: string): never {
    return refuse(this.#path, message, this.#position);
  }

  #required(name: string): unknown {
    const value = this.#values[name];
    return value === undefined ? this.refuse(`missing field \`${name}\``) : value;
  }

  #textAt(value: unknown, name: string): string {
    return typeof value === "string" ? value : this.#mistyped(name, value, "a string");
  }

  #u64At(value: unknown, name: string): bigint {
    const isInteger = typeof value === "bigint" || Number.isInteger(value);
    if (!isInteger) return this.#mistyped(name, value, "u64");
    const integer = BigInt(value as number | bigint);
    if (integer < 0n || integer > maxU64) {
      return refuse(this.#at(name), `invalid value: integer \`${integer}\`, expected u64`, this.#position);
    }
    return integer;
  }

  #arrayAt(value: unknown, name: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.#mistyped(name, value, "a sequence");
  }

  #mistyped(name: string, value: unknown, expected: string): never {
    return refuse(this.#at(name), `invalid type: ${described(value)}, expected ${expected}`, this.#position);
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function fieldsOf(value: unknown, path: string, position: string): BodyFields {
  if (!isObject(value)) return refuse(path, `invalid type: ${described(value)}, expected struct`, position);
  return new BodyFields(value, path, position);
}

function refuse(path: string, message: string, position: string): never {
  const prefix = path === "" ? "" : `${path}: `;
  throw new BodyRefusal(
    422,
    `Failed to deserialize the JSON body into the target type: ${prefix}${message}${position}`,
  );
}

/** A value as serde's messages name it. */
function described(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "string":
      return `string ${JSON.stringify(value)}`;
    case "boolean":
      return `boolean \`${value}\``;
    case "bigint":
      return `integer \`${value}\``;
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    default:
      return "map";
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
