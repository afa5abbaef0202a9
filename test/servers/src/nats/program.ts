/** A nats-server of 2.10 or later. */
export interface NatsProgram {
  readonly path: string;
  /** The root that it lives in, to be entered by chroot; undefined: this machine's own. */
  readonly root?: string;
}
