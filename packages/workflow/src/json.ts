import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { getNodeValue, type JSONPath, type JSONVisitor, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import { invalidJson } from "./invalid-request.ts";
import { formatPlace } from "./place.ts";

/**
 * Greatest nesting depth of objects and arrays. A typed message takes up to four messages for each level, and protobuf
 * libraries stop at a hundred.
 */
export const maxJsonDepth = 24;

/**
 * Most values in a document: objects, arrays, texts, numbers, literals, itself included. 5,000 different keys cost each service
 * that reads them some 20 ms: so wide an object is a hash table, and each key is looked up in the table of all strings
 * (`./dev bench stalls`).
 */
export const maxJsonValues = 5_000;

/** Most characters of a key. */
export const maxKeyLength = 1024;

/**
 * Reads the JSON text of a request. Values, depth and key lengths are bounded before anything is built. Beyond JSON's own rules
 * it refuses whatever readers could read differently, so that two different texts never share a fingerprint
 * (rule: json-is-unambiguous): duplicate keys, integers beyond 2^53, lone surrogates, the key `__proto__`. Time and memory are
 * linear in the text.
 * @throws InvalidRequest `invalid workflow JSON: …` with line and column, or with the path of the value
 */
export function readJsonObject(text: string): JsonObject {
  // Every callback that finds a fault throws, so the parser never goes on behind one.
  visit(text, strictVisitor(), { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const value: JsonValue = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidJson("the document must be an object at $");
  }
  return value;
}

/**
 * Members of an object in their order, including duplicate names, of which `JSON.parse` would keep the last. Unbounded: only for
 * text that is known to be JSON and comes from a trusted source.
 * @returns undefined for a text that is no object
 */
export function jsonMembers(text: string): readonly (readonly [key: string, value: unknown])[] | undefined {
  const tree = parseTree(text);
  if (tree?.type !== "object") return undefined;
  return (tree.children ?? []).map(({ children = [] }) => {
    const [key, value] = children.map(getNodeValue);
    return [String(key), value];
  });
}

function strictVisitor(): JSONVisitor {
  // One entry per open bracket: an object's keys so far; undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  const count = (path: () => JSONPath) => {
    values++;
    if (values > maxJsonValues) refuse(`more than ${maxJsonValues} values`, path());
  };
  const enter = (keys: Set<string> | undefined, path: () => JSONPath) => {
    count(path);
    open.push(keys);
    if (open.length > maxJsonDepth) refuse(`nested deeper than ${maxJsonDepth} levels`, path());
  };
  const leave = () => {
    open.pop();
  };
  return {
    onError(code, _offset, _length, line, column) {
      throw invalidJson(`${words(printParseErrorCode(code))} at line ${line + 1} column ${column + 1}`);
    },
    onObjectBegin: (_offset, _length, _line, _column, path) => enter(new Set(), path),
    onArrayBegin: (_offset, _length, _line, _column, path) => enter(undefined, path),
    onObjectEnd: leave,
    onArrayEnd: leave,
    onObjectProperty(key, _offset, _length, _line, _column, parent) {
      const keys = open.at(-1);
      if (key.length > maxKeyLength) refuse(`a key is longer than ${maxKeyLength} characters`, parent());
      if (key === "__proto__") refuse("the key __proto__ is not allowed", [...parent(), key]);
      if (!key.isWellFormed()) refuse("a key holds half a surrogate pair", parent());
      if (keys?.has(key)) refuse("duplicate key", [...parent(), key]);
      keys?.add(key);
    },
    onLiteralValue(value: unknown, _offset, _length, _line, _column, path) {
      count(path);
      if (typeof value === "string" && !value.isWellFormed()) refuse("a text holds half a surrogate pair", path());
      // From 2^53 on every double is an integer, however it was written, and stands for its neighbours as well.
      if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
        refuse("integer beyond 2^53", path());
      }
    },
  };
}

function refuse(problem: string, path: JSONPath): never {
  throw invalidJson(`${problem} at ${formatPlace(path)}`, path);
}

/** `CloseBraceExpected` → `close brace expected` */
function words(code: string): string {
  return code.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? "" : " ") + letter.toLowerCase());
}
