/**
 * A number from 0 to below 1 that depends on these parts alone: FNV-1a, mixed by the end of MurmurHash3. So what happens by chance
 * on a chain of some seed happens again whenever the same block is made.
 */
export function fractionOf(...parts: readonly (string | bigint | number)[]): number {
  let hash = 2_166_136_261;
  for (const character of parts.join(" ")) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
