// Shows events. It has no token: it asks its backend for a ticket when it connects.
import { CarillonError, subscribe } from '/client.min.js';

const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const url = find('meta[name=carillon]').getAttribute('content') ?? '';
const [state, events, form] = ['#state', '#events', 'form'].map(find);

async function ticket() {
  const response = await fetch('/ticket', { method: 'POST' });
  if (response.status === 401) throw new CarillonError('forbidden', 'log in');
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  return response.text();
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

function onState(connection) {
  if (connection.type === 'connected') return show('connected', 'connected');
  const { reason, retryInMs } = connection;
  show(`reconnecting in ${(retryInMs / 1000).toFixed(1)} s: ${reason}`);
}

try {
  for await (const item of subscribe('kv-v2/*', { url, ticket, onState })) {
    if (item.type === 'gap') add(`Events may be missing here (${item.reason})`, 'gap');
    else add(`${item.eventType} ${item.metadata.path}`);
  }
} catch (error) {
  show(error.message, 'failed');
  form.hidden = error.code !== 'forbidden';
}
