// The files that a page consists of.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the page: this one, or the argument of the command. */
const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
const client = fileURLToPath(import.meta.resolve('@carillon/client/client.min.js'));

const files = {
  'GET /': [resolve(folder, 'index.html'), 'text/html; charset=utf-8'],
  'GET /page.js': [resolve(folder, 'page.js'), 'text/javascript; charset=utf-8'],
  'GET /client.min.js': [client, 'text/javascript; charset=utf-8'],
};

/** @param address of Carillon, which the page is told */
export async function sendFile(route, response, address) {
  const [path, type] = files[route] ?? [];
  const text = path && (await readFile(path, 'utf8').catch(() => undefined));
  if (text === undefined) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': type });
  response.end(text.replaceAll('http://127.0.0.1:8200', address));
}
