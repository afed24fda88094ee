/** The processes of a local server, as Linux knows them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { LocalServer } from './local-server.ts';

/** @throws Error if there is none */
export function workerdOf(server: LocalServer): number {
  return childOf(server, (commandLine) => commandLine.includes('\0serve\0'));
}

/** @throws Error if there is none */
export function guardOf(server: LocalServer): number {
  return childOf(server, (commandLine) => commandLine.includes('guard.ts\0'));
}

/** The arguments of a process, as every user can read them. */
export function commandLineOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

/** The folder that a process works in. */
export function folderOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}

function childOf(server: LocalServer, isIt: (commandLine: string) => boolean): number {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = /\) \S (\d+)/.exec(stat)?.[1];
      if (Number(parent) === server.process.pid && isIt(commandLineOf(Number(entry)))) {
        return Number(entry);
      }
    } catch {
      // The process ended while it was looked at.
    }
  }
  throw new Error('the server has no such process');
}
