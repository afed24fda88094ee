import { NO_CUTS } from './return-record.ts';

/**
 * For a region head whose hub has another epoch than before: stock clients that return may be given events again, and miss
 * none. To be called before its parts are composed.
 *
 * @param through how far both epochs have the same events
 */
export function rebaseReturns(sql: SqlStorage, through: number): void {
  sql.exec('UPDATE returns SET floor = MIN(floor, ?), cuts = ?', through, NO_CUTS);
}
