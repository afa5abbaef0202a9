import { z } from "zod";
import { formatPlace, type Place } from "./place.ts";

export interface Problem {
  readonly place: Place;
  /** E.g. `is required`. */
  readonly text: string;
}

/** A value that fits its schema, or the first problem in the order of the document. */
export type Checked<T> = { readonly value: T } | { readonly problem: Problem };

/**
 * Null is absent for every optional field of an object, unless the field's own schema takes null (rule: null-is-absent).
 * @param at place of the value in the whole document
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, at: Place = []): Checked<T> {
  const result = schema.safeParse(withoutNulls(schema, value), { error: textOf });
  if (result.success) return { value: result.data };
  const problems = result.error.issues.map(({ path, message }) => ({ place: path, text: message }));
  const { place, text } = firstOf(value, problems);
  return { problem: { place: [...at, ...place], text } };
}

function withoutNulls(schema: z.ZodType, value: unknown): unknown {
  if (!(schema instanceof z.ZodObject) || typeof value !== "object" || value === null || Array.isArray(value))
    return value;
  const absent = optionalKeysOf(schema).filter((key) => Reflect.get(value, key) === null);
  if (absent.length === 0) return value;
  const kept: Record<string, unknown> = { ...value };
  for (const key of absent) delete kept[key];
  return kept;
}

const optionalKeys = new WeakMap<z.ZodObject, readonly string[]>();

/** Fields that may be left out and do not take null themselves. */
function optionalKeysOf(schema: z.ZodObject): readonly string[] {
  const known = optionalKeys.get(schema);
  if (known !== undefined) return known;
  const fields = Object.entries(schema.shape).filter(([, field]) => field.isOptional() && !field.isNullable());
  const keys = fields.map(([key]) => key);
  optionalKeys.set(schema, keys);
  return keys;
}

/** `steps[0].amount is required` */
export function formatProblem({ place, text }: Problem): string {
  return `${formatPlace(place, "")} ${text}`;
}

/** The problem that a reader of the document meets first; an absent field counts as standing at its object's end. */
export function firstOf(document: unknown, [first, ...others]: readonly Problem[]): Problem {
  if (first === undefined) throw new RangeError("there is no problem");
  const positions = positionsIn(document);
  let found = first;
  let foundAt = positions(first.place);
  for (const other of others) {
    const at = positions(other.place);
    if (isBefore(at, foundAt)) {
      found = other;
      foundAt = at;
    }
  }
  return found;
}

/** Gives, for each part of a place, how many values stand before it in its object or array. */
function positionsIn(document: unknown): (place: Place) => number[] {
  // A hostile body can have thousands of problems in one wide object: its keys are counted once.
  const counted = new Map<object, ReadonlyMap<string, number>>();
  const keysOf = (holder: object) => {
    const known = counted.get(holder) ?? new Map(Object.keys(holder).map((key, index) => [key, index]));
    counted.set(holder, known);
    return known;
  };
  return (place) => {
    let value = document;
    return place.map((part) => {
      if (typeof value !== "object" || value === null) return Number.POSITIVE_INFINITY;
      const holder = value;
      value = Reflect.get(holder, part);
      return typeof part === "number" ? part : (keysOf(holder).get(String(part)) ?? Number.POSITIVE_INFINITY);
    });
  };
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, position] of left.entries()) {
    const other = right[index] ?? position;
    if (position !== other) return position < other;
  }
  return false;
}

function textOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    default:
      return "is not allowed";
  }
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
