import { describe, expect, it } from 'vitest';
import { checkEventSource } from '../../src/event/event-source.ts';
import { accepted, failureOf } from './support/result.ts';

describe('a source that a producer gives', () => {
  it.each([
    'vault://carillon',
    'vault://carillon/',
    'vault://carillon/app',
    'vault://carillon/system',
    'vault://carillon/app/sys/',
    'vault://other/sys/events/sources/github',
    'vault://carillon.example.com/sys/x',
    'vault://raft-2',
    'https://carillon/sys/x',
    '/sys/events/sources/github',
    'urn:vault://carillon/sys/x',
    '?vault://carillon/sys/',
  ])('is kept: %s', (source) => {
    expect(accepted(checkEventSource(source, 'carillon'))).toBe(source);
  });

  it.each([
    'vault://carillon/sys/events/sources/github',
    'vault://carillon/sys/',
    'vault://carillon/sys',
    'vault://carillon/sys?x',
    'VAULT://Carillon/SYS/events/sources/github',
    'vault://carillon/%73ys/events',
    'vault://c%61rillon/sys/events',
    'vault://carillon/./sys/x',
    'vault://carillon//sys/x',
    'vault://carillon/a/../sys/x',
    'vault://carillon/../sys/x',
    'vault://carillon/%2e%2E/sys/x',
    'vault://carillon%2Fsys/x',
    'vault://carillon:8200/sys/x',
    'vault://me@carillon/sys/x',
  ])('is refused where only this server names sources: %s', (source) => {
    expect(failureOf(checkEventSource(source, 'carillon')).message).toBe(
      `source "${source}" is reserved: below vault://carillon/sys/ only this server names sources. Leave source out or give your own; a relay needs clusters with different names (CLUSTER_NAME)`,
    );
  });

  it('is compared with the name of the cluster in either case', () => {
    expect(checkEventSource('vault://eu-1.carillon/sys/x', 'EU-1.Carillon').ok).toBe(false);
  });

  it('may be that of a server where nothing is published', () => {
    expect(checkEventSource('vault://carillon/sys/x', undefined).ok).toBe(true);
  });
});
