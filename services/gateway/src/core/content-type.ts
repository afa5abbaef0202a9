/**
 * Whether a body may be read as JSON in UTF-8: `application/json`, with no charset but UTF-8. A missing header counts as that, since
 * some callers cannot set headers.
 */
export function isJsonContentType(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const [type, ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  if (type !== "application/json") return false;
  return parameters.every((parameter) => !parameter.startsWith("charset=") || /^charset="?utf-8"?$/.test(parameter));
}
