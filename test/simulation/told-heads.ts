import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type {
  AppendEventRequestSchema,
  AppendGateLogRequestSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Attempt } from "../checker/rules/windows.ts";

/** A head that a node has named. */
interface Named {
  readonly height: number;
  /** Whether all blocks that were asked for since were answered. */
  isWhole: boolean;
}

/**
 * Stands at a broadcaster's doors, and notes which head it knew when it wrote submissions or resumes down. Neither the chain nor
 * the logs tell: nodes lag, and an entry may be under way for long. A broadcaster asks for the next head once it is done with the
 * one before, which it may not have taken where a block before that could not be had.
 */
export class ToldHeads {
  readonly #attempts: Attempt[];
  #named: Named | undefined;
  #head = 0;

  /** @param attempts gets what is noted */
  constructor(attempts: Attempt[]) {
    this.#attempts = attempts;
  }

  /** What a broadcaster asks of nodes. */
  nodes(reach: typeof fetch): typeof fetch {
    return async (input, init) => {
      const { method, params } = JSON.parse(String(init?.body));
      if (method !== "block" || params.finality === "final") return reach(input, init);
      const isHead = params.finality === "optimistic";
      if (isHead) this.#take();
      let height: number | undefined;
      try {
        const response = await reach(input, init);
        height = await heightIn(response);
        return response;
      } finally {
        if (height === undefined) this.#miss();
        else if (isHead) this.#named = { height: height, isWhole: true };
      }
    };
  }

  /** What it asks of evidence. */
  evidence(reach: Transport): Transport {
    return {
      stream: (...call) => reach.stream(...call),
      unary: (...call) => {
        const [method, , , , input] = call;
        for (const hash of hashesIn(method.name, input)) this.#attempts.push({ hash, head: this.#head });
        return reach.unary(...call);
      },
    };
  }

  #miss(): void {
    if (this.#named !== undefined) this.#named.isWhole = false;
  }

  #take(): void {
    if (this.#named?.isWhole) this.#head = this.#named.height;
    this.#named = undefined;
  }
}

/** The height of the block in an answer, which can be read again; undefined where there is none. */
async function heightIn(response: Response): Promise<number | undefined> {
  const text = await response.text();
  const height = /"header":\{.*?"height":(\d+)/s.exec(text)?.[1];
  return height === undefined ? undefined : Number(height);
}

/** Transactions with a window that a call writes down for the first time. */
function hashesIn(method: string, input: object): string[] {
  if (method === "AppendEvent") {
    const { event } = input as MessageInitShape<typeof AppendEventRequestSchema>;
    if (event?.kind?.case !== "submissionsPrepared") return [];
    return (event.kind.value.submissions ?? []).flatMap(({ transaction }) => transaction?.hash ?? []);
  }
  if (method === "AppendGateLog") {
    const { change, lane } = input as MessageInitShape<typeof AppendGateLogRequestSchema>;
    const { mode, transaction } = lane?.approverTransactions?.at(-1) ?? {};
    return mode !== undefined && change?.startsWith(`${mode} `) ? [transaction?.hash ?? ""] : [];
  }
  return [];
}
