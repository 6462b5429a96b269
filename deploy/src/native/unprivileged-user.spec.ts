import { expect, it } from 'vitest';
import { unprivilegedUser } from './unprivileged-user.ts';

const NOBODY = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin';
const POSTGRES = 'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash';

it('PostgreSQL runs as ourselves when we are not root', () => {
  expect(unprivilegedUser(`${NOBODY}\n${POSTGRES}`, 1000)).toBeUndefined();
});

it('PostgreSQL runs as postgres, else as nobody, when we are root', () => {
  expect(unprivilegedUser(`${NOBODY}\n${POSTGRES}`, 0)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  expect(unprivilegedUser(NOBODY, 0)).toEqual({ name: 'nobody', uid: 65534, gid: 65534 });
});

it('a machine with neither account gets one sentence', () => {
  expect(() => unprivilegedUser('root:x:0:0:root:/root:/bin/bash', 0)).toThrow('create a user named postgres');
});
