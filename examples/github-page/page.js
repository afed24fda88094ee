// Shows the webhooks of GitHub. Its backend is that of examples/browser-ticket, which gives it a ticket when it connects.
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

/** The newest first. What comes from outside is only ever text of an element. */
function add(what, where = '', kind = '') {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = what;
  line.append(name, ` ${where}`);
  line.className = kind;
  events.prepend(line);
}

function onState({ type, reason = '' }) {
  state.textContent = type === 'connected' ? 'connected' : `reconnecting: ${reason}`;
}

try {
  // What the server retains, by default of a day, then what happens.
  for await (const item of subscribe('github/*', { url, ticket, since: 'earliest', onState })) {
    if (item.type === 'gap') add('events may be missing', item.reason, 'gap');
    else add(item.eventType.slice('github/'.length), item.metadata.path?.slice('github/'.length));
  }
} catch (error) {
  state.textContent = error.message;
  form.hidden = error.code !== 'forbidden';
}
