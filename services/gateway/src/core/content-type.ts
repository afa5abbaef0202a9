/**
 * Whether a body may be read as JSON in UTF-8: `application/json`, with no other charset than UTF-8. Without the header
 * the body is taken for it, since some callers cannot set headers.
 */
export function isJsonContentType(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const [type, ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  if (type !== "application/json") return false;
  return parameters.every((parameter) => !parameter.startsWith("charset=") || /^charset="?utf-8"?$/.test(parameter));
}
