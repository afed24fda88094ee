/** Which web pages may use the server: those of its own host, and those that the operator allows. */
import type { Config } from '../../config/config.ts';

export function isAllowedOrigin(origin: string, config: Config): boolean {
  return config.allowedOrigins.some((allowed) => allowed === '*' || allowed === origin);
}

/** Whether the page that opens a WebSocket is of this host. */
export function isSameHost(origin: string, host: string | null): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
