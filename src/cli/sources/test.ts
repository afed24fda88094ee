/** `carillon source test` */
import { ok } from '../../lib/result.ts';
import { wrongUse } from '../command/command.ts';
import { readInput } from '../input/input.ts';
import { apiCommand } from '../server/api-command.ts';
import { NAME, noSource, pathOf } from './name.ts';

export const sourceTest = apiCommand({
  name: 'source test',
  summary: 'Show the events of a delivery, without publishing them',
  arguments: [
    NAME,
    {
      name: 'file',
      help: 'file with the body of the delivery, or "-" for standard input',
      completes: 'file',
    },
  ],
  options: {
    header: {
      type: 'string',
      value: 'name: value',
      help: 'a header of the delivery',
      multiple: true,
    },
  },
  examples: ["carillon source test --header 'X-GitHub-Event: push' github push.json"],
  async callOf(values, [name = '', file = '']) {
    const path = pathOf(name);
    if (!path.ok) return path;
    const headers: [string, string][] = [];
    for (const header of values.header ?? []) {
      const colon = header.indexOf(':');
      if (colon < 1) return wrongUse('--header must be "<name>: <value>"');
      headers.push([header.slice(0, colon), header.slice(colon + 1).trim()]);
    }
    const body = await readInput(file);
    if (!body.ok) return body;
    return ok({
      method: 'POST',
      path: `${path.value}/test`,
      body: { headers: Object.fromEntries(headers), body: body.value },
      text: ({ data }) => `${JSON.stringify(data, undefined, 2)}\n`,
      missing: noSource(name),
    });
  },
});
