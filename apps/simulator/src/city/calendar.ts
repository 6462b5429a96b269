import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Calendar } from '@gridpact/program';
import { z } from 'zod';

const holidaysFile = z.record(z.string(), z.unknown());
const chineseDays = z.object({ holiday: z.record(z.string(), z.string()), makeup_workday: z.array(z.string()) });

/** China's holidays and make-up workdays of one year, from the data in `test/data/calendars`. */
export function chineseCalendar(folder: string, year: number): Calendar {
  const file = holidaysFile.parse(JSON.parse(readFileSync(join(folder, 'calendars/holidays.json'), 'utf8')));
  const china = chineseDays.parse(file['CN']);
  const ofYear = (days: readonly string[]): string[] => days.filter((day) => day.startsWith(`${year}-`)).sort();
  return {
    name: `China ${year}`,
    holidays: ofYear(Object.keys(china.holiday)),
    workdays: ofYear(china.makeup_workday),
  };
}
