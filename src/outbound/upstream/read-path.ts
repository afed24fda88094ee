/** Reads a path of the API of an OpenBao or Vault. */
import { isJsonObject } from '../../lib/json.ts';
import { ok, type Result } from '../../lib/result.ts';
import { decodeUtf8, parseJson, readBytes } from '../../lib/text.ts';
import { MAX_UPSTREAM_ANSWER_BYTES } from '../limits.ts';
import { type Upstream, VIA_HEADER } from './address.ts';

export interface PathToRead {
  readonly token: string;
  /** The path of the Vault namespace; empty for root. */
  readonly namespace: string;
  /** Below `/v1/`, decoded. */
  readonly path: string;
}

/** 403 and 404 are answers if they are those of an OpenBao or Vault, and not of a proxy in front of it. */
export type ReadAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 403 | 404 };

export interface ReadRules {
  /** From `inTime`. */
  readonly signal: AbortSignal;
  /** That of `inTime`, for the failure. */
  readonly timeoutMs: number;
  /** Where the address of the server is set, for the failure: `UPSTREAM_ADDR`. */
  readonly setting: string;
}

/** @returns the failure says why the server does not answer: `it cannot be reached` */
export async function readPath(
  { token, namespace, path }: PathToRead,
  { address, via }: Upstream,
  { signal, timeoutMs, setting }: ReadRules,
): Promise<Result<ReadAnswer, string>> {
  const headers = {
    'X-Vault-Token': token,
    'X-Vault-Request': 'true',
    ...(namespace !== '' && { 'X-Vault-Namespace': namespace }),
    [VIA_HEADER]: via,
  };
  try {
    const url = `${address}/v1/${path.split('/').map(encodeURIComponent).join('/')}`;
    const response = await fetch(url, { headers, redirect: 'manual', cache: 'no-store', signal });
    const { status } = response;
    if (status !== 200 && status !== 403 && status !== 404) {
      await response.body?.cancel();
      return failed(whyNot(status, setting));
    }
    const bytes = await readBytes(response.body, MAX_UPSTREAM_ANSWER_BYTES);
    if (bytes === undefined) {
      return failed(`it answered more than ${MAX_UPSTREAM_ANSWER_BYTES} bytes`);
    }
    const text = decodeUtf8(bytes);
    const json = text.ok ? parseJson(text.value) : text;
    if (!json.ok) return failed('its answer is not JSON');
    if (status === 200) return ok({ status, body: json.value });
    return isJsonObject(json.value) && Array.isArray(json.value.errors)
      ? ok({ status })
      : failed(`it answered ${status}, and not as an OpenBao or Vault does`);
  } catch {
    return failed(
      signal.aborted ? `it did not answer within ${timeoutMs} ms` : 'it cannot be reached',
    );
  }
}

/** A redirect is not followed, because it would send the token to any address. */
function whyNot(status: number, setting: string): string {
  if (status === 508) return `${setting} leads back to this server`;
  return status >= 300 && status < 400
    ? `it redirects (${status}), as a standby does, and no token is sent after a redirect; set ${setting} to the address that it redirects to, or to one that always leads to the active node`
    : `it answered ${status}`;
}

function failed(failure: string): Result<never, string> {
  return { ok: false, failure };
}
