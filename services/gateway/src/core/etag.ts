/** The entity tag of a record. A version of a record never changes. */
export function etagOf(version: bigint): string {
  return `"${version}"`;
}

/** Whether `If-None-Match` (RFC 9110) names an entity tag. Tags compare weakly: a proxy may have made ours weak. */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
