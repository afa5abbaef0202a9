/** Something that must never be. */
export interface Violation {
  /** `twice`, `lost`, `untrue`, `unended`, `order`, `write_ahead`, `log_broken` or `key_used_twice`. */
  readonly kind: string;
  /** The workflow it concerns; unset where none is known for it. */
  readonly requestId?: string | undefined;
  readonly sentence: string;
}
