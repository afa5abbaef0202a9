const pattern = /^(?:(?:[a-z\d]+[-_])*[a-z\d]+\.)*(?:[a-z\d]+[-_])*[a-z\d]+$/;

/** Whether NEAR takes this as an account id: 2 to 64 characters, lower-case parts joined by `.`, `-` or `_`. */
export function isAccountId(text: string): boolean {
  return text.length >= 2 && text.length <= 64 && pattern.test(text);
}
