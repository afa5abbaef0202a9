import { formatPlace, invalidJson, maxJsonDepth, maxJsonValues, type Place } from "@outlayer/workflow";

/**
 * Refuses a message whose document would have too many values or too much depth, as `readJsonObject` would refuse the document.
 * It stops at the first value too many, before anything is built.
 * @param message a message of protobuf-es, whose `Struct`s are JSON values already
 * @throws InvalidRequest `invalid workflow JSON: …` with the path of the value, in the names of the JSON form
 */
export function checkMessageBounds(message: object): void {
  const place: PropertyKey[] = [];
  let values = 0;
  const visit = (value: unknown): void => {
    const held = unwrapped(value);
    values++;
    if (values > maxJsonValues) refuse(`more than ${maxJsonValues} values`, place);
    if (typeof held !== "object" || held === null || held instanceof Uint8Array) return;
    // A place has one part for each level around it.
    if (place.length >= maxJsonDepth) refuse(`nested deeper than ${maxJsonDepth} levels`, place);
    const isMessage = "$typeName" in held;
    for (const [key, item] of entriesOf(held)) {
      if (isMessage && isLeftOut(key, item)) continue;
      place.push(isMessage ? jsonName(String(key)) : key);
      visit(item);
      place.pop();
    }
  };
  visit(message);
}

/** Whether the JSON form leaves a part of the message out. */
function isLeftOut(key: PropertyKey, item: unknown): boolean {
  return key === "$typeName" || item === undefined || (Array.isArray(item) && item.length === 0);
}

function* entriesOf(held: object): Iterable<readonly [PropertyKey, unknown]> {
  if (Array.isArray(held)) yield* held.entries();
  // By key, so that a wide object is not copied before it is counted.
  else for (const key in held) if (Object.hasOwn(held, key)) yield [key, Reflect.get(held, key)];
}

/** The content of a `Value`, a `ListValue` or a `Struct`, which are no level of their own in JSON. */
function unwrapped(value: unknown): unknown {
  let held = value;
  while (typeof held === "object" && held !== null && "$typeName" in held) {
    if (held.$typeName === "google.protobuf.Value" && "kind" in held) held = kindOf(held.kind);
    else if (held.$typeName === "google.protobuf.ListValue" && "values" in held) held = held.values;
    else if (held.$typeName === "google.protobuf.Struct" && "fields" in held) held = held.fields;
    else break;
  }
  return held;
}

function kindOf(kind: unknown): unknown {
  return typeof kind === "object" && kind !== null && "value" in kind ? kind.value : undefined;
}

/** `minAmountOut` → `min_amount_out` */
function jsonName(localName: string): string {
  return localName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function refuse(problem: string, place: Place): never {
  throw invalidJson(`${problem} at ${formatPlace(place)}`, place);
}
