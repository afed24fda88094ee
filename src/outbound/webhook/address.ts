/** Which addresses a webhook may be sent to. */
import { checkPublicUrl, isPrivate, type PublicUrlRules } from '../../lib/public-url.ts';
import { invalid, type Result } from '../../lib/result.ts';

/**
 * Ends of names that are no public hosts (RFC 6762, RFC 8375, ICANN's `.internal`): devices of a local network, and the metadata
 * services of clouds.
 */
const SPECIAL_NAMES = ['local', 'internal', 'home.arpa', 'lan', 'corp', 'intranet'];

/** The message of a failure is to follow the name of the URL, as that of `checkPublicUrl`. */
export function checkWebhookUrl(text: string, rules: PublicUrlRules): Result<string> {
  const checked = checkPublicUrl(text, rules);
  if (!checked.ok) {
    const isHttp = /^http:/i.test(text) && !rules.allowLoopbackHttp;
    return isHttp && isLoopback(text)
      ? invalid(
          'must begin with "https://"; the local server calls this machine if it is started with --allow-loopback-http',
        )
      : checked;
  }
  if (isAddress(hostOf(text))) return checked;
  const name = hostOf(text).replace(/\.+$/, '');
  const isSpecial =
    !name.includes('.') || SPECIAL_NAMES.some((end) => name === end || name.endsWith(`.${end}`));
  return isSpecial ? invalid('has a host that is no public name') : checked;
}

/** Whether a host is an address, or a name of this machine, and not a name that is looked up. */
export function isAddress(host: string): boolean {
  return host.startsWith('[') || /^[\d.]+$/.test(host) || isPrivate(host);
}

/**
 * Whether a URL leads to this server, as far as a request shows: other host names may be its own, too. On this machine, all names
 * of it are one host.
 *
 * @param own the URL of a request to this server
 */
export function isOwnAddress(url: string, own: string): boolean {
  const [a, b] = [new URL(url), new URL(own)];
  if (portOf(a) !== portOf(b)) return false;
  const [hostA, hostB] = [a, b].map(({ hostname }) => hostname.replace(/\.+$/, ''));
  return hostA === hostB || (isPrivate(hostA ?? '') && isPrivate(hostB ?? ''));
}

/** The host as the URL parser writes it: lower case, IPv6 in brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

function isLoopback(text: string): boolean {
  return URL.canParse(text) && ['127.0.0.1', '[::1]', 'localhost'].includes(hostOf(text));
}
