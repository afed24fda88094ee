/**
 * A stub of a Durable Object, typed by its contract. What crosses an RPC is plain data, so a method returns what the
 * contract says; the platform's own types split a union into a union of promises.
 */
export type Stub<Contract> = DurableObjectStub & {
  readonly [Method in keyof Contract]: Contract[Method] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Awaited<Value>>
    : never;
};
