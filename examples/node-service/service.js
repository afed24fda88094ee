// A service that keeps up with secrets. It logs in with AppRole, resumes after the last event that it has processed, and
// reads everything again if events may be missing.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { subscribe } from '@carillon/client';
import WebSocket from 'ws';

const { VAULT_ADDR: url = 'http://127.0.0.1:8200', CURSOR_FILE = 'service.cursor' } = process.env;
const { ROLE_ID = '', SECRET_ID_FILE = '', PATTERN = 'kv-v2/*' } = process.env;
if (!ROLE_ID || !SECRET_ID_FILE) throw new Error('set ROLE_ID and SECRET_ID_FILE');

/** The client calls this for each connection, so an expired token needs no code of its own. */
async function login() {
  const secretId = (await readFile(SECRET_ID_FILE, 'utf8')).trim();
  const answer = await fetch(`${url}/v1/auth/approle/login`, {
    method: 'POST',
    body: JSON.stringify({ role_id: ROLE_ID, secret_id: secretId }),
  });
  if (!answer.ok) throw new Error(`the login failed: ${answer.status} ${await answer.text()}`);
  const { auth } = /** @type {{ auth: { client_token: string } }} */ (await answer.json());
  return auth.client_token;
}

/**
 * Replace this: read all secrets that the service uses. It must be possible at any time.
 *
 * @param {string} reason
 */
async function readEverything(reason) {
  console.log(`reading everything: ${reason}`);
}

/**
 * Replace this: read the secret again. It must be harmless to do it twice.
 *
 * @param {import('@carillon/client').CarillonEvent} item
 */
async function refresh({ eventType, metadata }) {
  console.log(`${eventType} ${metadata.path}`);
}

/**
 * The file is replaced as a whole, so a crash never leaves half a cursor.
 *
 * @param {string} cursor
 */
async function store(cursor) {
  await writeFile(`${CURSOR_FILE}.new`, cursor);
  await rename(`${CURSOR_FILE}.new`, CURSOR_FILE);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const since = await readFile(CURSOR_FILE, 'utf8').catch(() => undefined);
const subscription = subscribe(PATTERN, {
  url,
  token: login,
  WebSocket,
  signal: stop.signal,
  ...(since && { since }),
  onState: (state) => console.log('reason' in state ? state.reason : state.type),
});

try {
  await subscription.opened();
  // What happened before the first start is in no event. What happens from now on is.
  if (!since) await readEverything('first start');
  for await (const item of subscription) {
    if (item.type === 'gap') await readEverything(item.reason);
    else await refresh(item);
    await store(item.cursor);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
}
