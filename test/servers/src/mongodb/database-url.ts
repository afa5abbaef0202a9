/** A server's URL with a database put in; who logs in still does so where the URL said. */
export function withDatabase(url: string, database: string): string {
  const match = /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url);
  if (match === null) throw new Error("not a MongoDB URL");
  const [, scheme, hosts, named, query] = match;
  const options = new URLSearchParams(query);
  if (hosts?.includes("@") && !options.has("authSource")) options.set("authSource", named || "admin");
  return `${scheme}${hosts}/${database}?${options}`;
}
