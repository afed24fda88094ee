/** Where a hub cuts off a stock socket that was sent as much as it may be at once. It is remembered with the socket. */

/** @param sequence the socket was sent everything that it wants up to this one */
export function noteCut(socket: WebSocket, sequence: number): void {
  socket.serializeAttachment(sequence);
}

/** The sequence, of a stock socket whose client has answered the Close frame: so it has everything before. */
export function cutOf(socket: WebSocket): number | undefined {
  return (socket.deserializeAttachment() as number | null) ?? undefined;
}
