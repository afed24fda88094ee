/** The address of `--socket`. Pure. */
import { quote } from '../../lib/quote.ts';
import { invalid, ok, type Result } from '../../lib/result.ts';

export type ListenAddress =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** Anyone who can connect can make events, so other machines need an explicit address. */
const DEFAULT_HOST = '127.0.0.1';

/** Reads `:9090`, `0.0.0.0:9090`, `[::1]:9090`, or a path, which contains a slash. */
export function parseListenAddress(text: string): Result<ListenAddress> {
  if (text.includes('/')) return ok({ path: text });
  const { host, bracketed, digits } =
    /^(?:\[(?<bracketed>[^\]]+)\]|(?<host>[^:[\]]*)):(?<digits>\d{1,5})$/.exec(text)?.groups ?? {};
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    return invalid(
      `--socket is ${quote(text)}; give it :port, host:port, or the path of a Unix socket, with a slash`,
    );
  }
  return ok({ host: bracketed ?? (host || DEFAULT_HOST), port });
}
