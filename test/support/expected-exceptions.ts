/**
 * workerd reports every exception that leaves a Durable Object, also those that tests provoke and check. Reports of
 * these are hidden, so that what is left on the screen is worth reading. Every other report is shown.
 */

const EXPECTED = [
  // What tests throw in place of a call that fails.
  / is down$/m,
  /: out of reach$/m,
  /the object starts again with an earlier state$/m,
  / was lost$/m,
  /(hub|authority|object) (died|went away)$/m,
  /Error: moving$/m,
  /: it stops$/m,
  /as a deploy does$/m,
  // What tests do to storage.
  /disk full: SQLITE_CONSTRAINT/,
  /SQLITE_(FULL|CORRUPT)/,
  /the disk does not answer/,
  /cannot be read: no such column/,
  /no such column: (sequence|first)/,
  /another writer has appended event/,
  /UNIQUE constraint failed: journal\.sequence/,
  /has schema version 99, /,
  /the restoration record of the hub of deploy has schema version 2, /,
  /cannot be migrated to schema version \d, /,
  / feeds in format \d, and format \d was requested/,
  // A hub that has moved, or is about to.
  /the hub of \S+ (moves|has not moved) to place \d+, /,
  / has no events for destinations of the namespace /,
  // A hub that tells the dispatcher of a stranger.
  / notifies a dispatcher of another namespace$/m,
  /the namespace \S+ is not above \S*$/m,
  // A namespace that is deleted while somebody calls it.
  /the namespace (\S+ )?was deleted$/m,
  // What the Worker of the tests throws that is a destination.
  /the cache is\nfull$/m,
  // What receivers of webhooks do to connections.
  /Network connection lost\./,
  /ffi\.rs:\d+: disconnected: (HTTP body|client error|Connection re)/,
  // Attacks on members of an object that are not part of its RPC contract.
  /The RPC receiver does not implement /,
  /internal error; reference = /,
  // Sockets that a test leaves open, and the objects that it resets at its end.
  /other end of WebSocketPipe was destroyed/,
  /Application called deleteAllDurableObjects/,
];

const write = process.stdout.write.bind(process.stdout);

/** Called once by the test runner, in the process that prints. */
export function setup(): void {
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) =>
    isExpected(chunk) || write(chunk, ...rest);
}

export function teardown(): void {
  process.stdout.write = write;
}

function isExpected(chunk: string | Uint8Array): boolean {
  return (
    typeof chunk === 'string' &&
    /^(uncaught exception;|exception =) /.test(chunk) &&
    EXPECTED.some((pattern) => pattern.test(chunk))
  );
}
