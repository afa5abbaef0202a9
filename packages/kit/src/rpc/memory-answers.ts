import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { handOver } from "./hand-over.ts";
import type { MemoryCall } from "./memory-call.ts";

type Answers = AsyncIterator<object>;

/**
 * The answers of a method that streams them. The method makes the next one when its caller asks for it, and is told to stop when
 * its caller has gone.
 */
export class MemoryAnswers implements AsyncIterable<object> {
  readonly #call: MemoryCall;
  #answers: Answers | undefined;
  /** Not yet asked for by the caller. */
  #first: Promise<IteratorResult<object>> | undefined;
  #isOver = false;

  constructor(call: MemoryCall, start: () => Promise<Answers>) {
    this.#call = call;
    call.onGivenUp = () => void this.#stop();
    this.#first = start().then((answers) => {
      this.#answers = answers;
      const first = answers.next();
      if (call.isOver) void this.#stop();
      return first;
    });
  }

  /** Resolves once the first answer or an error is there. @throws ConnectError where the caller gives up before */
  async begun(): Promise<void> {
    const first = this.#first?.then(
      () => {},
      () => {},
    );
    if (first !== undefined) await this.#call.until(first);
  }

  [Symbol.asyncIterator]() {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<object>> {
    if (this.#isOver) return { done: true, value: undefined };
    const call = this.#call;
    try {
      const asked = this.#first ?? this.#answers?.next();
      this.#first = undefined;
      const answer = asked && (await call.until(asked));
      if (answer === undefined || answer.done) {
        this.#isOver = true;
        call.end();
        return { done: true, value: undefined };
      }
      return { done: false, value: handOver(call.method.output, answer.value as MessageInitShape<DescMessage>) };
    } catch (error) {
      this.#isOver = true;
      throw call.failed(error);
    }
  }

  /** Its `finally` runs also where it waits to be asked for the next answer. */
  async #stop(): Promise<void> {
    await this.#answers?.return?.().catch(() => {});
  }
}
