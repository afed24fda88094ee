/** RFC 3339 timestamps as CloudEvents and Go's clients read them. */

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/;

/**
 * Whether the text is an RFC 3339 timestamp of a day that exists. Upper-case `T` and `Z` and no leap
 * second, because Go's parser takes nothing else.
 */
export function isTimestamp(text: string): boolean {
  const fields = RFC_3339.exec(text)
    ?.slice(1)
    .map((digits) => Number(digits ?? 0));
  if (fields === undefined) return false;
  const [
    year = 0,
    month = 0,
    day = 0,
    hour = 0,
    minute = 0,
    second = 0,
    zoneHour = 0,
    zoneMinute = 0,
  ] = fields;
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    zoneHour <= 23 &&
    zoneMinute <= 59
  );
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Formats as Go's RFC3339Nano does: UTC, the fraction without its trailing zeros. */
export function formatTimestamp(unixMilliseconds: number): string {
  return new Date(unixMilliseconds).toISOString().replace(/\.?0*Z$/, 'Z');
}
