// Shows events with EventSource. It cannot send a token, so its URL has a ticket, which opens one stream.
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const server = find('meta[name=carillon]').getAttribute('content') ?? '';
const [state, events, form] = ['#state', '#events', 'form'].map(find);

/** The position after the last event, or where the stream began. */
let position = '';
let failures = 0;

async function connect() {
  try {
    listen(new EventSource(await newAddress()));
  } catch (error) {
    if (error.message === 'log in') askForLogin();
    else retry(error.message);
  }
}

/** Each stream needs a new ticket. A position is sent as EventSource sends it in the header Last-Event-ID. */
async function newAddress(parameters = {}) {
  const response = await fetch('/ticket', { method: 'POST' });
  if (response.status === 401) throw new Error('log in');
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  const url = new URL('/v1/sys/events/subscribe/kv-v2/*', server);
  const ticket = await response.text();
  const lastEventId = position === '' ? {} : { lastEventId: position };
  url.search = String(new URLSearchParams({ ...parameters, ...lastEventId, ticket }));
  return url;
}

function listen(source) {
  source.addEventListener('hello', ({ lastEventId }) => {
    position = lastEventId;
    failures = 0;
    show('connected', 'connected');
  });
  source.addEventListener('gap', ({ lastEventId, data }) => {
    position = lastEventId;
    add(`Events may be missing here (${JSON.parse(data).reason})`, 'gap');
  });
  source.onmessage = ({ lastEventId, data }) => {
    position = lastEventId;
    const { event, event_type } = JSON.parse(data).data;
    add(`${event_type} ${event.metadata.path}`);
  };
  source.onerror = async () => {
    // It would reconnect with the same URL, and so with a ticket that is used.
    source.close();
    if (position !== '' && (await isPositionLost())) {
      position = 'earliest';
      add('Events may be missing here (storage_lost)', 'gap');
    }
    retry('the stream ended');
  };
}

/** EventSource does not say why a stream was refused. A server that has lost its journal rejects the position. */
async function isPositionLost() {
  try {
    const url = await newAddress({ limit: '1', wait: '1s' });
    const response = await fetch(url, { headers: { Accept: 'application/x-ndjson' } });
    return response.status === 400;
  } catch {
    return false;
  }
}

/** Waits a random time, so that pages that lost their streams together do not reconnect together. */
function retry(reason) {
  const wait = Math.random() * Math.min(30_000, 500 * 2 ** failures++);
  show(`reconnecting in ${(wait / 1000).toFixed(1)} s: ${reason}`);
  setTimeout(connect, wait);
}

function askForLogin() {
  show('log in', 'failed');
  form.hidden = false;
}

function show(text, kind = '') {
  state.textContent = text;
  state.className = kind;
}

function add(text, kind = '') {
  const line = document.createElement('li');
  line.textContent = text;
  line.className = kind;
  events.append(line);
}

connect();
