import { describe, expect, it } from 'vitest';
import { durationOfMs, eventRequest, eventSearchQuery, oadrEvent, reportRequest, searchQuery } from './index.js';

const metadata = { id: 'ev-1', createdDateTime: '2026-07-01T00:00:00Z', modificationDateTime: '2026-07-01T00:00:00Z' };
const intervalPeriod = { start: '0001-01-01T00:00:00Z', duration: 'P9999Y', randomizeStart: 'PT0S' };
const event = {
  programID: 'p-1',
  intervalPeriod,
  intervals: [{ id: 0, payloads: [{ type: 'MY_TYPE', values: [1, 'a'] }] }],
};

describe('an event', () => {
  it('keeps instants and durations as they were written', () => {
    expect(eventRequest.parse(event)).toEqual(event);
  });

  it('loses the metadata that a client sends', () => {
    expect(eventRequest.parse({ ...event, ...metadata, objectType: 'EVENT' })).toEqual(event);
  });

  it('is never sent without its object type', () => {
    expect(oadrEvent.safeParse({ ...event, ...metadata }).success).toBe(false);
    expect(oadrEvent.safeParse({ ...event, ...metadata, objectType: 'PROGRAM' }).success).toBe(false);
    expect(oadrEvent.safeParse({ ...event, ...metadata, objectType: 'EVENT' }).success).toBe(true);
  });

  it.each([
    ['no program', { ...event, programID: undefined }],
    ['a negative priority', { ...event, priority: -1 }],
    ['an interval without payloads', { ...event, intervals: [{ id: 0 }] }],
    ['a duration in words', { ...event, duration: 'one hour' }],
    ['a start without a zone', { ...event, intervalPeriod: { start: '2026-07-01T00:00:00' } }],
  ])('with %s is refused', (_, wrong) => {
    expect(eventRequest.safeParse(wrong).success).toBe(false);
  });
});

describe('a report', () => {
  it('needs an event, a client name and resources', () => {
    const report = { eventID: 'ev-1', clientName: 'ven-1', resources: [{ resourceName: 'r', intervals: [] }] };
    expect(reportRequest.safeParse(report).success).toBe(true);
    for (const missing of ['eventID', 'clientName', 'resources']) {
      expect(reportRequest.safeParse({ ...report, [missing]: undefined }).success).toBe(false);
    }
  });
});

describe('a search', () => {
  it('starts at the front with fifty objects unless it says otherwise', () => {
    expect(searchQuery.parse({})).toEqual({ targets: [], skip: 0, limit: 50 });
    expect(searchQuery.parse({ targets: 'a', skip: '3', limit: '1' })).toEqual({ targets: ['a'], skip: 3, limit: 1 });
    expect(eventSearchQuery.parse({ targets: ['a', 'b'], active: 'true' })).toMatchObject({ active: true });
  });

  it.each([
    ['limit', '51'],
    ['limit', '0'],
    ['limit', '-1'],
    ['skip', '-1'],
    ['skip', 'x'],
    ['skip', '9999999999'],
  ])('with %s=%s is refused', (name, value) => {
    expect(searchQuery.safeParse({ [name]: value }).success).toBe(false);
  });
});

describe('a duration', () => {
  it('is written in hours, minutes and seconds', () => {
    expect([3_600_000, 900_000, 5_400_000, 1000, 90_000].map(durationOfMs)).toEqual([
      'PT1H',
      'PT15M',
      'PT1H30M',
      'PT1S',
      'PT1M30S',
    ]);
    expect(() => durationOfMs(1500)).toThrow(RangeError);
  });
});
