import { describe, expect, it } from 'vitest';
import { regionOfClient } from '../../src/config/client-region.ts';
import { REGIONS } from '../../src/config/region.ts';

/** As `request.cf` has them. */
const CLIENTS: readonly [city: string, continent: string, country: string, east: string, string][] =
  [
    ['San Francisco', 'NA', 'US', '-122.41940', 'wnam'],
    ['Denver', 'NA', 'US', '-104.99030', 'wnam'],
    ['Honolulu', 'NA', 'US', '-157.85830', 'wnam'],
    ['Dallas', 'NA', 'US', '-96.80670', 'enam'],
    ['New York', 'NA', 'US', '-74.00600', 'enam'],
    ['Mexico City', 'NA', 'MX', '-99.13320', 'enam'],
    ['São Paulo', 'SA', 'BR', '-46.63330', 'sam'],
    ['Lisbon', 'EU', 'PT', '-9.13930', 'weur'],
    ['Frankfurt', 'EU', 'DE', '8.68210', 'weur'],
    ['Berlin', 'EU', 'DE', '13.40500', 'weur'],
    ['Stockholm', 'EU', 'SE', '18.06860', 'weur'],
    ['Prague', 'EU', 'CZ', '14.43780', 'eeur'],
    ['Warsaw', 'EU', 'PL', '21.01220', 'eeur'],
    ['Kyiv', 'EU', 'UA', '30.52340', 'eeur'],
    ['Moscow', 'EU', 'RU', '37.61730', 'eeur'],
    ['Vladivostok', 'EU', 'RU', '131.88550', 'apac'],
    ['Istanbul', 'AS', 'TR', '28.97840', 'eeur'],
    ['Almaty', 'AS', 'KZ', '76.88970', 'eeur'],
    ['Dubai', 'AS', 'AE', '55.27080', 'me'],
    ['Tel Aviv', 'AS', 'IL', '34.78180', 'me'],
    ['Mumbai', 'AS', 'IN', '72.87770', 'apac'],
    ['Tokyo', 'AS', 'JP', '139.65030', 'apac'],
    ['Singapore', 'AS', 'SG', '103.81980', 'apac'],
    ['Sydney', 'OC', 'AU', '151.20930', 'oc'],
    ['Auckland', 'OC', 'NZ', '174.76450', 'oc'],
    ['Johannesburg', 'AF', 'ZA', '28.04730', 'afr'],
    ['Cairo', 'AF', 'EG', '31.23570', 'afr'],
    ['McMurdo', 'AN', 'AQ', '166.66860', 'oc'],
  ];

describe('the region of a client', () => {
  it.each(CLIENTS)('in %s', (_city, continent, country, longitude, region) => {
    expect(regionOfClient({ continent, country, longitude })).toBe(region);
  });

  it('is one where Cloudflare has objects if the longitude is unknown', () => {
    expect(regionOfClient({ continent: 'NA', country: 'US' })).toBe('enam');
    expect(regionOfClient({ continent: 'EU', country: 'DE', longitude: '' })).toBe('weur');
    expect(regionOfClient({ continent: 'EU', country: 'RU' })).toBe('weur');
  });

  it('is that of the continent without a country', () => {
    expect(regionOfClient({ continent: 'AS' })).toBe('apac');
  });

  it.each([{}, { country: 'T1' }, { continent: 'XX' }, { continent: 'toString' }])(
    'is unknown for %j',
    (place) => {
      expect(regionOfClient(place)).toBe('any');
    },
  );

  it('can be each region', () => {
    const found = CLIENTS.map(([, continent, country, longitude]) =>
      regionOfClient({ continent, country, longitude }),
    );
    expect(new Set([...found, 'any'])).toEqual(new Set(REGIONS));
  });
});
