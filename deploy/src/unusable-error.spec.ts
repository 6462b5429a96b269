import { expect, it } from 'vitest';
import { explained, UnusableError } from './unusable-error.ts';

it.each([
  ['ENOSPC', 'The disk is full: free some space under /state and run the command again.'],
  ['EROFS', 'The folder /state is read-only: clone Gridpact to a folder you can write to.'],
  ['EACCES', 'The folder /state cannot be written by this user: change its owner or clone to your own folder.'],
  ['EMFILE', 'Too many open files: raise the limit with `ulimit -n 4096` and run the command again.'],
])('%s becomes one sentence that says what to do', (code, sentence) => {
  const error = explained(Object.assign(new Error('low-level'), { code }), '/state');

  expect(error).toBeInstanceOf(UnusableError);
  expect(error).toHaveProperty('message', sentence);
});

it('the sentence names the very path that was refused', () => {
  const error = explained(Object.assign(new Error('low-level'), { code: 'EROFS', path: '/state/pids' }), '/state');

  expect(error).toHaveProperty('message', expect.stringContaining('/state/pids is read-only'));
});

it('an error that nobody expected stays as it is', () => {
  const error = new TypeError('a mistake in the program');

  expect(explained(error, '/state')).toBe(error);
});
