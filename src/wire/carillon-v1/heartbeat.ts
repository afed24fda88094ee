/**
 * The text that a client sends to find out whether its connection works, and that it gets back. The runtime answers it
 * without waking the hub, on every subscription and in both encodings, and compares it character by character.
 */
export const HEARTBEAT = '{"type":"heartbeat"}';
