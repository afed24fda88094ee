import { Jobs } from './jobs.ts';
import { LoginStore } from './logins/login-store.ts';
import { Children } from './namespaces/children.ts';
import { Policies } from './policies/policies.ts';
import { Sources } from './sources/sources.ts';
import { Tickets } from './tickets/tickets.ts';
import { Tokens } from './tokens/tokens.ts';
import { AdoptedTokens } from './upstream-tokens/adopted-tokens.ts';
import { Watches } from './watches.ts';

/** What an authority stores. */
export class Stores {
  readonly sql: SqlStorage;
  readonly tokens: Tokens;
  readonly adopted: AdoptedTokens;
  readonly tickets: Tickets;
  readonly policies: Policies;
  readonly watches: Watches;
  readonly jobs: Jobs;
  readonly children: Children;
  readonly logins: LoginStore;
  readonly sources: Sources;

  constructor({ sql }: DurableObjectStorage) {
    this.sql = sql;
    this.tokens = new Tokens(sql);
    this.adopted = new AdoptedTokens(sql);
    this.tickets = new Tickets(sql);
    this.policies = new Policies(sql);
    this.watches = new Watches(sql);
    this.jobs = new Jobs(sql);
    this.children = new Children(sql);
    this.logins = new LoginStore(sql);
    this.sources = new Sources(sql);
  }
}
