/** The routes of the events API that have a name or a pattern at their end. */

const EVENTS = '/v1/sys/events';
export const SUBSCRIBE = `${EVENTS}/subscribe`;
export const PUBLISH = `${EVENTS}/publish`;
export const RECEIVE = `${EVENTS}/in`;

/** Whether a route is of the events API, which Vault and OpenBao do not have. */
export function isOfEvents(route: string): boolean {
  return route === EVENTS || route.startsWith(`${EVENTS}/`);
}
