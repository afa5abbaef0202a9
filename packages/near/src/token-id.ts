import { isAccountId } from "./account-id.ts";

/**
 * A token id as the verifier takes it: `nep141:<account>`, `nep171:<account>:<id>`, `nep245:<account>:<id>` or
 * `imt:<minter>:<id>`; an id without a standard's prefix is taken as NEP-141.
 * @returns the full id, or undefined when it has no known form
 */
export function normalizeTokenId(text: string): string | undefined {
  const [standard, account, ...rest] = text.split(":");
  if (account === undefined) return isAccountId(text) ? `nep141:${text}` : undefined;
  if (!isAccountId(account)) return undefined;
  const id = rest.join(":");
  switch (standard) {
    case "nep141":
      return rest.length === 0 ? text : undefined;
    case "nep171":
    case "nep245":
    case "imt":
      return id.length > 0 && id.length <= 127 ? text : undefined;
    default:
      return undefined;
  }
}
