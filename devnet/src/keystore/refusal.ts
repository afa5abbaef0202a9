/** A handler's refusal, answered as `{"error"}`. */
export class KeystoreRefusal extends Error {
  override readonly name = "KeystoreRefusal";
  readonly status: 400 | 401 | 403 | 500;

  constructor(status: 400 | 401 | 403 | 500, message: string) {
    super(message);
    this.status = status;
  }
}

/** A body that cannot be read, answered as plain text, as axum's JSON extractor does. */
export class BodyRefusal extends Error {
  override readonly name = "BodyRefusal";
  readonly status: 400 | 413 | 415 | 422;

  constructor(status: 400 | 413 | 415 | 422, message: string) {
    super(message);
    this.status = status;
  }
}

export function badRequest(message: string): never {
  throw new KeystoreRefusal(400, message);
}
