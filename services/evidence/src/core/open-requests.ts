/** A request that is not known to have ended. */
export interface OpenRequest {
  readonly requestId: string;
  /** When it was counted, milliseconds since the epoch. */
  readonly atMs: number;
  /** Counts until the actual cost is known. */
  readonly boundYocto: bigint;
  /** Costs that its record will not show. */
  readonly chargedYocto: bigint;
}

/** A request as it is stored. */
export interface OpenRequestJson {
  readonly at_ms: number;
  readonly bound_yocto: string;
  readonly charged_yocto: string;
  readonly request_id: string;
}

/**
 * The open requests of an account, in the order in which they were counted. They are kept as the text that is stored, because every
 * start writes all of them: a start adds to the text, and reads none of the others.
 */
export class OpenRequests {
  static readonly none = new OpenRequests("", 0, 0n);
  /** A JSON array without its brackets. */
  readonly #text: string;
  readonly count: number;
  /** Sum of the bounds. */
  readonly boundYocto: bigint;

  private constructor(text: string, count: number, boundYocto: bigint) {
    this.#text = text;
    this.count = count;
    this.boundYocto = boundYocto;
  }

  static of(requests: readonly OpenRequest[]): OpenRequests {
    const sum = requests.reduce((sum, { boundYocto }) => sum + boundYocto, 0n);
    return new OpenRequests(requests.map(textOf).join(","), requests.length, sum);
  }

  /** A JSON array of objects; their fields are in the order of the alphabet, so equal requests have equal texts. */
  get json(): string {
    return `[${this.#text}]`;
  }

  get all(): readonly OpenRequest[] {
    return (JSON.parse(this.json) as readonly OpenRequestJson[]).map(openRequestOf);
  }

  has(requestId: string): boolean {
    return this.#text.includes(idText(requestId));
  }

  get(requestId: string): OpenRequest | undefined {
    return this.has(requestId) ? this.all.find((each) => each.requestId === requestId) : undefined;
  }

  with(request: OpenRequest): OpenRequests {
    const text = textOf(request);
    const all = this.count === 0 ? text : `${this.#text},${text}`;
    return new OpenRequests(all, this.count + 1, this.boundYocto + request.boundYocto);
  }

  without(requestIds: readonly string[]): OpenRequests {
    if (!requestIds.some((requestId) => this.has(requestId))) return this;
    return OpenRequests.of(this.all.filter(({ requestId }) => !requestIds.includes(requestId)));
  }
}

export function openRequestOf({ request_id, at_ms, bound_yocto, charged_yocto }: OpenRequestJson): OpenRequest {
  return {
    requestId: request_id,
    atMs: at_ms,
    boundYocto: BigInt(bound_yocto),
    chargedYocto: BigInt(charged_yocto),
  };
}

function textOf({ requestId, atMs, boundYocto, chargedYocto }: OpenRequest): string {
  return `{"at_ms":${atMs},"bound_yocto":"${boundYocto}","charged_yocto":"${chargedYocto}",${idText(requestId)}}`;
}

/** No other part of a request's text can be like it: within texts, JSON escapes quotes. */
function idText(requestId: string): string {
  return `"request_id":${JSON.stringify(requestId)}`;
}
