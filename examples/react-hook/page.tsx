import { CarillonError, type SubscribeOptions } from '@carillon/client';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Carillon, useEvents } from './use-events.ts';

async function ticket(): Promise<string> {
  const response = await fetch('/ticket', { method: 'POST' });
  if (response.status === 401) throw new CarillonError('forbidden', 'log in');
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  return response.text();
}

const options: SubscribeOptions = { url: 'http://127.0.0.1:8200', ticket };

function EventList({ pattern }: { readonly pattern: string }) {
  const { items, status, reason } = useEvents(pattern);
  return (
    <>
      <p id="state" role="status" className={status}>
        {reason === undefined ? status : `${status}: ${reason}`}
      </p>
      {status === 'ended' && (
        <form action="/login" method="post">
          <button type="submit">Log in</button>
        </form>
      )}
      <ol id="events">
        {items.map((item) => (
          <li key={item.cursor} className={item.type}>
            {item.type === 'gap'
              ? `Events may be missing here (${item.reason})`
              : `${item.eventType} ${item.metadata.path}`}
          </li>
        ))}
      </ol>
    </>
  );
}

function Page() {
  const [isShown, setShown] = useState(true);
  return (
    <>
      <h1>Events</h1>
      <label>
        <input type="checkbox" checked={isShown} onChange={() => setShown(!isShown)} /> Subscribe
      </label>
      {isShown && <EventList pattern="kv-v2/*" />}
    </>
  );
}

createRoot(document.querySelector('main') as HTMLElement).render(
  <StrictMode>
    <Carillon value={options}>
      <Page />
    </Carillon>
  </StrictMode>,
);
