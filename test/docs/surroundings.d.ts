/** What the programs of the documents have around them. */
export {};

declare global {
  const url: string;
  const token: string;
  const options: { url: string; token: string };
  function readToken(): Promise<string>;
  function readEverything(): Promise<void>;
  function refresh(path: string): Promise<void>;
  function login(): Promise<{ client_token: string }>;
  function load(): Promise<string>;
  function save(cursor: string): Promise<void>;
  function apply(event: { id: string }): Promise<void>;
  function writeTheSecret(): Promise<void>;
}
