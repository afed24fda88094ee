/** What the tests of tokens of the upstream share: tokens there, and what becomes of them. */
import { aName, Client, root } from '../security-support.ts';

const UPSTREAM = 'https://openbao.test/recorded/';

/** Somebody with a token of the upstream. */
export class Guest extends Client {
  declare readonly token: string;

  override in(namespace: string): Guest {
    return new Guest(this.token, namespace);
  }

  /** It is revoked upstream. */
  revoke(): Promise<unknown> {
    return tell('revoke', { token: this.token });
  }

  /** Look-ups of it are answered with this status; undefined: as they should be. */
  fail(status: number | undefined): Promise<unknown> {
    return tell('fail', { token: this.token, status });
  }

  /** Its look-ups say something else from now on. */
  change(changes: object): Promise<unknown> {
    return tell('change', { token: this.token, changes });
  }

  /** How often it was looked up. */
  async lookups(): Promise<number> {
    return (await tell('lookups', { token: this.token })).lookups;
  }
}

/** A policy with this text. @returns its name, which nothing had before */
export async function aPolicy(text: string, namespace = ''): Promise<string> {
  const name = aName('policy');
  await root.in(namespace).writes(`sys/policies/acl/${name}`, { policy: text });
  return name;
}

/** A new token of the upstream with a policy of this text here. */
export async function aGuestWith(text: string, recording?: string): Promise<Guest> {
  return aGuest({ policies: [await aPolicy(text)] }, recording);
}

/** A new token of the upstream. @param changes what its look-ups say otherwise than the recording */
export async function aGuest(
  changes: object = {},
  recording = 'lookup of a token',
): Promise<Guest> {
  return new Guest((await tell('issue', { recording, changes })).token);
}

async function tell(what: string, body: object): Promise<{ token: string; lookups: number }> {
  const response = await fetch(`${UPSTREAM}${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return response.json();
}
