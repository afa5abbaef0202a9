import { ControlError } from "./control-error.ts";
import { parseLossless } from "./lossless-json.ts";

/** Fields of a request's JSON object; an empty body has none. @throws ControlError naming the field */
export class ControlBody {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(bytes: Uint8Array) {
    this.#values = valuesOf(Buffer.from(bytes).toString());
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  /** The unchecked value. */
  any(name: string): unknown {
    return this.#values[name];
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : wrong(name, "a string");
  }

  oneOf<T extends string>(name: string, ...values: readonly T[]): T {
    const value = this.#values[name];
    return values.find((one) => one === value) ?? wrong(name, `one of ${values.join(", ")}`);
  }

  number(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" ? value : wrong(name, "a number");
  }

  numbers(name: string): readonly number[] {
    const value = this.#values[name];
    const isList = Array.isArray(value) && value.every((item) => typeof item === "number");
    return isList ? value : wrong(name, "a list of numbers");
  }

  flag(name: string): boolean {
    const value = this.#values[name];
    return typeof value === "boolean" ? value : wrong(name, "true or false");
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    const isTexts = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isTexts ? value : wrong(name, "an array of strings");
  }

  /** A whole number from 0 on, as a JSON number or, since it may be long, as a string. */
  integer(name: string): bigint {
    return integerOf(this.#values[name]) ?? wrong(name, "a whole number, or a string of one");
  }

  numberOr<T>(name: string, fallback: T): number | T {
    return this.has(name) ? this.number(name) : fallback;
  }

  flagOr<T>(name: string, fallback: T): boolean | T {
    return this.has(name) ? this.flag(name) : fallback;
  }
}

/** A whole number from 0 on, from a JSON number or a decimal string; undefined for anything else. */
export function integerOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint" && value >= 0n) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : undefined;
}

function valuesOf(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (error) {
    throw new ControlError(`the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ControlError("the body must be a JSON object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function wrong(name: string, expected: string): never {
  throw new ControlError(`${name} must be ${expected}`);
}
