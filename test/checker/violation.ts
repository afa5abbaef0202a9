/** Something that must never be. */
export interface Violation {
  /** E.g. `twice`, `lost`, `untrue`, `unended`, `order`, `write_ahead`, `signed_anew`, `ended_early`, `released_early`, `log_broken`, `key_used_twice`, `nonce_twice`, `late`. */
  readonly kind: string;
  /** The workflow it concerns; unset where none is known for it. */
  readonly requestId?: string | undefined;
  readonly sentence: string;
}
