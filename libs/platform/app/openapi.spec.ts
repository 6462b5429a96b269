import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServiceConfig } from '../config/index.js';
import { writeOpenApi } from './openapi.js';
import { NoteModule } from './notes.example.js';

describe('the OpenAPI document', () => {
  it('is written without database, broker or issuer, and twice the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gridpact-openapi-'));
    const [one, two] = [join(folder, 'one.json'), join(folder, 'two.json')];
    for (const file of [one, two])
      await writeOpenApi(NoteModule.with(config), file, { title: 'Notes', description: 'Test' });
    const document = JSON.parse(await readFile(one, 'utf8')) as { openapi: string; paths: Record<string, unknown> };

    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Notes' } });
    expect(Object.keys(document.paths)).toEqual(['/v1/notes', '/v1/notes/open/{id}']);
    expect(JSON.stringify(document.paths['/v1/notes'])).toContain('"maxLength":40');
    expect(await readFile(two, 'utf8')).toBe(await readFile(one, 'utf8'));
    await rm(folder, { recursive: true });
  });
});

const config: ServiceConfig = {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'notes',
  GRIDPACT_STATE_DIR: '/nowhere',
  GRIDPACT_HTTP_HOST: '127.0.0.1',
  GRIDPACT_HTTP_PORT: 1,
  GRIDPACT_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  GRIDPACT_KAFKA_BROKERS: ['127.0.0.1:1'],
  GRIDPACT_KAFKA_USERNAME: 'nobody',
  GRIDPACT_KAFKA_PASSWORD: 'none',
  GRIDPACT_ISSUER: 'http://127.0.0.1:1',
};
