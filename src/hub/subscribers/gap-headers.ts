/** What the 101 says of events that cannot be sent any more. */
import type { GapReason } from '../../wire/carillon-v1/messages.ts';
import type { Position } from '../journal/position.ts';

const GAPS: Readonly<Record<GapReason, string>> = {
  unknown_event: 'the event is unknown, or not kept any more, or not for this token',
  forgotten: 'the events from there on are not all kept any more',
  storage_lost: 'the history that the cursor is of was lost',
  unsigned_cursor: 'the cursor is of an earlier release and has no code that shows who made it',
  feed_lost: 'events were lost on their way',
  unreadable: 'an event cannot be read',
};

/** @param isBroken whether events are missing between the place and now */
export function gapHeaders({ gap }: Position, isBroken: boolean): Record<string, string> {
  if (gap !== undefined) {
    return {
      'Last-Event-ID': 'earliest',
      'Carillon-Warning': `since: ${GAPS[gap]}; what follows begins with the oldest event that is kept`,
    };
  }
  return isBroken
    ? { 'Carillon-Warning': 'since: some of the events in between are lost and cannot be sent' }
    : {};
}
