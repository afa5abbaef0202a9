/** For reading untrusted JSON: a value of an unexpected type counts as absent, and nothing throws. */
export type Json = unknown;

export function object(value: Json): Readonly<Record<string, Json>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : undefined;
}

export function field(value: Json, ...path: readonly string[]): Json {
  let current = value;
  for (const key of path) current = object(current)?.[key];
  return current;
}

export function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function string(value: Json): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function strings(value: Json): string[] {
  return list(value).filter((item) => typeof item === "string");
}

/** An integer given as a number or as decimal text. */
export function integer(value: Json): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,40}$/.test(value) ? BigInt(value) : undefined;
}

export function height(value: Json): number | undefined {
  const found = integer(value);
  return found === undefined || found < 0n || found > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(found);
}

export function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Deepest nesting of untrusted JSON that is kept: serializing it recurses once per level. */
const deepest = 64;

/** Whether the lists and objects of a JSON text are nested no deeper than is kept. */
export function isShallow(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isInString && char === "\\") at += 1;
    else if (char === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") depth -= 1;
    if (depth > deepest) return false;
  }
  return true;
}
