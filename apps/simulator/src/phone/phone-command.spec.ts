import { mkdtemp } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unreachable } from './mobile-client.js';
import { phoneCommand } from './phone-command.js';
import { DONE, REFUSED, UNUSABLE, readable, showOutcome } from './phone-output.js';

let server: Server;
let url: string;
let home: string;
let answers: Record<string, [number, unknown]>;
let printed: { out: string; err: string };

beforeEach(async () => {
  printed = { out: '', err: '' };
  answers = sunny();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((printed.out += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((printed.err += String(text))));
  home = join(await mkdtemp(join(tmpdir(), 'phone-')), 'home');
  server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, { code: 'not_found', detail: 'no such thing' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  server.close();
});

const NOW = '2026-07-01T08:00:00.000Z';
const STATEMENT = 'a'.repeat(64);
const sunny = (): Record<string, [number, unknown]> => ({
  '/mobile/v1/server-time': [200, { business: NOW, machine: NOW, revision: 1 }],
  '/mobile/v1/device-keys': [201, { party: 'user-1', statement: STATEMENT, issuer: 'http://127.0.0.1:9' }],
  '/mobile/v1/trust': [200, { origin: 'o', policy: 'p', keys: [] }],
});

describe('gridpact phone', () => {
  it('prints what was done, as lines or as JSON', async () => {
    await phone('register', 'ABCDEFGHJK', 'user-1');
    expect([process.exitCode, printed.out]).toEqual([DONE, `party: user-1\nstatement: ${STATEMENT}\n`]);
    printed.out = '';
    await phone('register', 'ABCDEFGHJK', 'user-1', '--json');
    expect(JSON.parse(printed.out)).toEqual({ party: 'user-1', statement: STATEMENT });
  });

  it('ends with 1 and the code first when it is refused', async () => {
    answers['/mobile/v1/device-keys'] = [409, { code: 'code_used', detail: 'this code was used' }];
    await phone('register', 'ABCDEFGHJK', 'user-1');
    expect([process.exitCode, printed.err]).toEqual([REFUSED, 'code_used: this code was used\n']);
  });

  it('tells an unregistered phone to register', async () => {
    for (const args of [['instructions'], ['dossier', 'e-1'], ['confirm', 'i-1']]) {
      printed.err = '';
      await phone(...args);
      expect([process.exitCode, printed.err]).toEqual([REFUSED, expect.stringMatching(/^token_refused: .*register/)]);
    }
  });

  it('ends with 2 when nothing answers', async () => {
    const away = () => Promise.reject(new Unreachable('GET /mobile/v1/results: fetch failed'));
    expect(await showOutcome({}, away)).toBe(UNUSABLE);
    expect(printed.err).toContain('fetch failed');
  });

  it('says what is wrong with an argument before anything is sent', async () => {
    await expect(phone('confirm', 'i-1', '--watts', '5,x')).rejects.toThrow(CommanderError);
    await expect(phone('withdraw', STATEMENT, '--reason', 'r', '--at', 'noon')).rejects.toThrow(/RFC 3339/);
  });
});

describe('readable output', () => {
  it('writes members of a list apart, and an empty list as a word', () => {
    expect(readable([{ a: 1, b: { c: 2 } }, { a: 3 }])).toBe('a: 1\nb: {"c":2}\n\na: 3');
    expect(readable([])).toBe('none');
  });
});

async function phone(...args: string[]): Promise<void> {
  const command = phoneCommand(url);
  for (const subcommand of command.commands) subcommand.exitOverride();
  await command.exitOverride().parseAsync([...args, '--home', home], { from: 'user' });
}
