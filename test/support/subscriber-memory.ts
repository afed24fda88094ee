/**
 * Bytes of what an awake hub knows of a `carillon.v1` subscriber, at most. `test/unit/subscriber-memory.test.ts` measures them:
 * 629 in Node 24. The socket itself is the platform's, and outside of the heap. What a class of subscribers needs is not in it.
 */
export const SUBSCRIBER_BYTES = 700;
