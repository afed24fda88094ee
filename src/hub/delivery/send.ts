/** Sends messages. One socket that takes none does not keep others from theirs. */
export function send(socket: WebSocket, messages: readonly (string | Uint8Array)[]): void {
  try {
    for (const message of messages) socket.send(message);
  } catch {
    // It is closer; its close event follows.
  }
}
