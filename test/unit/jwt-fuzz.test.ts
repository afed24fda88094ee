/** A hundred thousand tokens that nobody has thought of. */
import fc from 'fast-check';
import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/lib/result.ts';
import type { JwtConfig } from '../../src/logins/jwt-config.ts';
import { checkJwtRole, type JwtRole } from '../../src/logins/jwt-role.ts';
import type { Login } from '../../src/logins/login.ts';
import { anyText } from './support/events.ts';
import {
  anIssuer,
  aRole,
  claimsWith,
  configOf,
  type Issuer,
  login,
  SECONDS,
  tryLogin,
} from './support/issuer.ts';
import { accepted } from './support/result.ts';
import { runs } from './support/runs.ts';

const MUTANTS = runs(25_000);
const GARBAGE = runs(20_000);
const CLAIMS = runs(20_000);
const SLOW_MS = 50;
const TEST_MS = 300_000;

let issuer: Issuer;
let config: JwtConfig;
beforeAll(async () => {
  issuer = await anIssuer('EdDSA', 'one');
  config = await configOf(issuer);
});

/**
 * Tries to log in, in the time that a login may take: that of the processor, as others may use it, too.
 * What collecting garbage took of it is not there a second time.
 */
async function attempt(jwt: string, role: JwtRole): Promise<Result<Login>> {
  for (let chances = 3; ; chances--) {
    const start = process.cpuUsage();
    const result = await tryLogin(jwt, { config, role });
    const { user, system } = process.cpuUsage(start);
    const took = (user + system) / 1000;
    if (took <= SLOW_MS) return result;
    if (chances === 1) throw new Error(`${took} ms for ${jwt}`);
  }
}

describe('a token that was changed', () => {
  const alphabet = 'ABCabc019-_=.+/ \n\0é';
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const character = fc.constantFrom(...alphabet);
  const part = fc.nat(2);

  /** Each makes another text of a token; some leave it as it was. */
  const change: fc.Arbitrary<(jwt: string, other: string) => string> = fc.oneof(
    fc.tuple(place, character).map(([at, to]) => (jwt: string) => {
      const index = Math.floor(at * jwt.length);
      return jwt.slice(0, index) + to + jwt.slice(index + 1);
    }),
    fc.tuple(place, character).map(([at, more]) => (jwt: string) => {
      const index = Math.floor(at * (jwt.length + 1));
      return jwt.slice(0, index) + more + jwt.slice(index);
    }),
    fc.tuple(place, fc.nat(8)).map(([at, length]) => (jwt: string) => {
      const index = Math.floor(at * jwt.length);
      return jwt.slice(0, index) + jwt.slice(index + length);
    }),
    // The last characters, whose bits need not all count.
    fc.tuple(part, character).map(
      ([which, to]) =>
        (jwt: string) =>
          withPart(jwt, which, (text) => text.slice(0, -1) + to),
    ),
    // A bit of what is encoded.
    fc.tuple(part, place, fc.nat(7)).map(
      ([which, at, bit]) =>
        (jwt: string) =>
          withPart(jwt, which, (text) => {
            const bytes = decoded(text);
            const index = Math.floor(at * bytes.length);
            bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
            return base64url.encode(bytes);
          }),
    ),
    // A part of another token of the same issuer.
    part.map(
      (which) => (jwt: string, other: string) =>
        withPart(jwt, which, () => other.split('.')[which] ?? ''),
    ),
    // Members that are other or more.
    fc
      .tuple(
        fc.nat(1),
        fc.constantFrom('alg', 'kid', 'crit', 'b64', 'typ', 'sub', 'aud', 'exp', '__proto__'),
        fc.oneof(
          anyText,
          fc.constantFrom<unknown>('none', 'HS256', 'ES256', 'admin', 9e9, 0, null, [], {}, false),
        ),
      )
      .map(
        ([which, name, value]) =>
          (jwt: string) =>
            withPart(jwt, which, (text) => {
              const members = new TextDecoder().decode(decoded(text)).slice(0, -1);
              return base64url.encode(
                `${members},${JSON.stringify(name)}:${JSON.stringify(value)}}`,
              );
            }),
      ),
    fc.constantFrom('', '.', '=', ' ').map((more) => (jwt: string) => jwt + more),
  );

  function withPart(jwt: string, which: number, make: (text: string) => string): string {
    const parts = jwt.split('.');
    parts[which] = make(parts[which] ?? '');
    return parts.join('.');
  }

  /** Nothing, where earlier changes have left no base64url. */
  function decoded(text: string): Uint8Array {
    try {
      return base64url.decode(text);
    } catch {
      return new Uint8Array();
    }
  }

  it(
    'does not log in',
    async () => {
      const jwt = await issuer.sign(claimsWith());
      const other = await issuer.sign(claimsWith({ sub: 'bob' }));
      const role = aRole();
      for (const one of [jwt, other]) await login(one, { config, role });
      const stages = { form: 0, signature: 0 };
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const mutant = changes.reduce((text, make) => make(text, other), jwt);
          fc.pre(mutant !== jwt && mutant !== other);
          const result = await attempt(mutant, role);
          if (result.ok) throw new Error(`${mutant} logs in`);
          const { message } = result.failure;
          stages[message.includes('no known key') ? 'signature' : 'form']++;
        }),
        { numRuns: MUTANTS },
      );
      // Both were reached often enough to say something.
      expect(stages.form).toBeGreaterThan(MUTANTS / 10);
      expect(stages.signature).toBeGreaterThan(MUTANTS / 10);
    },
    TEST_MS,
  );
});

describe('garbage', () => {
  const encoded = fc.oneof(
    fc.json().map((json) => base64url.encode(json)),
    fc
      .dictionary(
        fc.constantFrom('alg', 'kid', 'crit', 'b64', 'typ', '__proto__', 'jwk'),
        fc.oneof(fc.constantFrom<unknown>('EdDSA', 'RS256', 'none', 'one', true), fc.jsonValue()),
        { noNullPrototype: true },
      )
      .map((header) => base64url.encode(JSON.stringify({ alg: 'EdDSA', ...header }))),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => base64url.encode(bytes)),
    fc.base64String({ maxLength: 80 }),
    anyText,
  );
  const garbage = fc.oneof(
    fc.array(encoded, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
    fc.tuple(encoded, encoded, encoded).map((parts) => parts.join('.')),
    fc.tuple(encoded, fc.nat(20_000)).map(([text, times]) => text.repeat(times % 500)),
    anyText,
    fc.string({ unit: 'binary', maxLength: 200 }),
  );

  it(
    'does not log in',
    async () => {
      const role = aRole();
      await fc.assert(
        fc.asyncProperty(garbage, async (jwt) => {
          expect((await attempt(jwt, role)).ok).toBe(false);
        }),
        { numRuns: GARBAGE },
      );
    },
    TEST_MS,
  );
});

describe('a token of the issuer', () => {
  const name = fc.constantFrom('alice', 'bob', '', 'al');
  const anything = fc.oneof(
    { weight: 6, arbitrary: name },
    { weight: 3, arbitrary: fc.array(fc.oneof(name, fc.constantFrom(7, true)), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 7, true, {}, [['alice']], 1.5) },
  );
  const mostly = (value: unknown) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: anything });
  const offset = fc.constantFrom(-500, -100, -61, -30, 0, 30, 61, 100, 500);
  const claims = fc.record(
    {
      sub: mostly('alice'),
      aud: mostly(['alice', 'bob']),
      team: anything,
      groups: mostly(['bob', '', 'bob']),
      exp: fc.oneof(fc.constant(60), offset),
      nbf: fc.oneof(fc.constant(-60), offset),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const role = fc.record({
    audience: fc.constantFrom(undefined, 'alice', 'bob'),
    subject: fc.constantFrom(undefined, 'alice'),
    team: fc.constantFrom<unknown>(undefined, 'bob', ['alice', 7], true, ['*l*', 'b*']),
    glob: fc.boolean(),
    groups: fc.boolean(),
    skew: fc.constantFrom(0, -1, 30),
  });
  type Claims = Partial<Record<'sub' | 'aud' | 'team' | 'groups', unknown>> & {
    readonly exp?: number;
    readonly nbf?: number;
  };
  type Wanted = typeof role extends fc.Arbitrary<infer R> ? R : never;

  const asList = (value: unknown) => (Array.isArray(value) ? value : [value ?? []].flat());
  const isText = (value: unknown) => typeof value === 'string';

  /** What is let in, said once more in other words. */
  function isLetIn({ sub, aud, team, groups, exp, nbf }: Claims, wanted: Wanted): boolean {
    const audiences = asList(aud);
    if (!audiences.every(isText)) return false;
    if (wanted.audience === undefined ? audiences.length > 0 : !audiences.includes(wanted.audience))
      return false;
    if (!isText(sub) || sub === '') return false;
    if (wanted.subject !== undefined && sub !== wanted.subject) return false;

    const skew = { 0: 60, [-1]: 0, 30: 30 }[wanted.skew] ?? 0;
    if (exp === undefined && nbf === undefined) return false;
    // Half a second has passed since the offsets' zero.
    if (exp !== undefined && 0.5 - skew > exp) return false;
    if (exp === undefined && nbf !== undefined && 0.5 - skew > nbf + 150) return false;
    if (nbf !== undefined && 0.5 + skew < nbf) return false;
    if (nbf === undefined && exp !== undefined && 0.5 + skew < exp - 150) return false;

    if (wanted.groups) {
      if (groups === undefined || groups === null) return false;
      if (!asList(groups).every(isText)) return false;
    }
    if (wanted.team === undefined) return true;
    return asList(team).some((one) =>
      asList(wanted.team).some((bound) =>
        wanted.glob
          ? isText(one) &&
            new RegExp(`^${String(bound).replaceAll('*', '.*')}$`, 's').test(String(one))
          : one === bound,
      ),
    );
  }

  function roleOf(wanted: Wanted): JwtRole | undefined {
    const checked = checkJwtRole('dev', {
      user_claim: 'sub',
      bound_audiences: wanted.audience ?? [],
      bound_subject: wanted.subject ?? '',
      bound_claims: wanted.team === undefined ? {} : { team: wanted.team },
      bound_claims_type: wanted.glob ? 'glob' : 'string',
      groups_claim: wanted.groups ? 'groups' : '',
      clock_skew_leeway: wanted.skew,
    });
    return checked.ok ? checked.value : undefined;
  }

  it(
    'logs in exactly where its role lets it',
    async () => {
      const outcomes = { in: 0, out: 0 };
      await fc.assert(
        fc.asyncProperty(claims, role, async (offsets, wanted) => {
          const checked = roleOf(wanted);
          fc.pre(checked !== undefined);
          const { exp, nbf, ...rest } = offsets;
          const jwt = await issuer.sign({
            ...rest,
            ...(exp !== undefined && { exp: SECONDS + exp }),
            ...(nbf !== undefined && { nbf: SECONDS + nbf }),
          });
          const expected = isLetIn(offsets, wanted);
          const result = await attempt(jwt, checked);
          expect(result.ok, result.ok ? 'let in' : result.failure.message).toBe(expected);
          outcomes[expected ? 'in' : 'out']++;
          if (!expected) return;
          expect(accepted(result).alias.name).toBe(offsets.sub);
          const groups = wanted.groups ? asList(offsets.groups).filter((one) => one !== '') : [];
          expect(accepted(result).groups).toEqual([...new Set(groups)]);
        }),
        { numRuns: CLAIMS },
      );
      expect(outcomes.in).toBeGreaterThan(CLAIMS / 100);
      expect(outcomes.out).toBeGreaterThan(CLAIMS / 10);
    },
    TEST_MS,
  );
});
