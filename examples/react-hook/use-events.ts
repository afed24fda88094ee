/** A React hook: the events of a pattern, as long as the component is mounted. */
import { type Item, type SubscribeOptions, subscribe } from '@carillon/client';
import { createContext, useContext, useEffect, useState } from 'react';

/** The options of all subscriptions below: `<Carillon value={{ url, ticket }}>`. Another object is another subscription. */
export const Carillon = createContext<SubscribeOptions | undefined>(undefined);

export interface Events {
  /** The last items, oldest first: events, and gaps where events may be missing. */
  readonly items: readonly Item[];
  readonly status: 'connecting' | 'connected' | 'reconnecting' | 'ended';
  /** Why the subscription reconnects, or has ended. */
  readonly reason?: string | undefined;
}

const NONE: Events = { items: [], status: 'connecting' };

/** @param keep how many items to keep */
export function useEvents(pattern: string, keep = 100): Events {
  const options = useContext(Carillon);
  if (options === undefined) throw new Error('useEvents needs <Carillon value={…}> above it');
  const [events, setEvents] = useState(NONE);

  useEffect(() => {
    const unmount = new AbortController();
    const { signal } = unmount;
    function change(changed: (items: readonly Item[]) => Partial<Events>) {
      if (!signal.aborted) setEvents((events) => ({ ...events, ...changed(events.items) }));
    }

    async function listen(options: SubscribeOptions) {
      const items = subscribe(pattern, {
        ...options,
        signal,
        onState: (state) => {
          if (state.type === 'connected')
            change(() => ({ status: 'connected', reason: undefined }));
          else change(() => ({ status: 'reconnecting', reason: state.reason }));
        },
      });
      for await (const item of items)
        change((before) => ({ items: [...before, item].slice(-keep) }));
    }

    setEvents(NONE);
    listen(options).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      change(() => ({ status: 'ended', reason }));
    });
    return () => unmount.abort();
  }, [pattern, options, keep]);

  return events;
}
