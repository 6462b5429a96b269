export {
  type DayCalendar,
  type DayType,
  type ResolvedDay,
  DAY_TYPES,
  MAX_LOOKBACK_DAYS,
  dayTypes,
  resolveDays,
} from './calendar.js';
export {
  type Exclusions,
  type IndexedDay,
  type IndexedSeries,
  type MeterSeries,
  indexSeries,
  slotOf,
} from './series.js';
export * from './method.js';
export { computeBaseline } from './baseline.js';
