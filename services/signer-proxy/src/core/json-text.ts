/** A text that is not JSON, or that readers could read differently. The message never quotes the text. */
export class JsonTextError extends Error {
  override readonly name = "JsonTextError";
}

/**
 * Parses JSON text that is signed or embedded unchanged and parsed again by a contract. Duplicate object keys are refused:
 * JSON.parse keeps the last one, and a contract that keeps another would execute something that policy has not judged.
 * @throws JsonTextError
 */
export function parseJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonTextError("is not JSON");
  }
  if (hasDuplicateKeys(text)) throw new JsonTextError("has a duplicate object key");
  return value;
}

/** @param text valid JSON */
function hasDuplicateKeys(text: string): boolean {
  // One entry per open bracket: the keys of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  let keyNext = false;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs)) {
    switch (token) {
      case "{":
        open.push(new Set());
        keyNext = true;
        break;
      case "[":
        open.push(null);
        keyNext = false;
        break;
      case "}":
      case "]":
        open.pop();
        keyNext = false;
        break;
      case ",":
        keyNext = open.at(-1) != null;
        break;
      case ":":
        keyNext = false;
        break;
      default: {
        const keys = open.at(-1);
        if (!keyNext || keys == null) break;
        // Two spellings of one key ("a", "\u0061") are the same key.
        const key = String(JSON.parse(token));
        if (keys.has(key)) return true;
        keys.add(key);
      }
    }
  }
  return false;
}
