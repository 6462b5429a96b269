#!/usr/bin/env node
// The way into Gridpact from any Node >= 20: installs what the lockfile names, then goes on under the pinned Node 24.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const INSTALL_BYTES = 1_500_000_000;
const UNUSABLE = 2;
const checkout = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const state = join(checkout, '.gridpact');
const stamp = join(state, 'installed');
const pinnedNode = join(checkout, 'node_modules', 'node', 'bin', 'node');

const SENTENCES = {
  ENOSPC: `The disk is full: free some space under ${checkout} and run the command again.`,
  EROFS: `The folder ${checkout} is read-only: clone Gridpact to a folder you can write to.`,
  EACCES: `The folder ${checkout} cannot be written by this user: change its owner or clone to your own folder.`,
  EPERM: `The folder ${checkout} cannot be changed by this user: change its owner or clone to your own folder.`,
};

main().catch((error) => stop(SENTENCES[error?.code] ?? error?.stack ?? String(error)));

async function main() {
  requireNode(process.versions.node);
  mkdirSync(state, { recursive: true });
  closeSync(openSync(join(state, 'writable'), 'w'));
  if (!isInstalled()) await install();
  const cli = join(checkout, 'deploy', 'src', 'cli.ts');
  process.exitCode = await run(
    pinnedNode,
    ['--disable-warning=TimeoutNegativeWarning', cli, ...process.argv.slice(2)],
    {
      ...process.env,
      PATH: [join(checkout, 'node_modules', '.bin'), join(pinnedNode, '..'), process.env.PATH].join(delimiter),
    },
  );
}

function requireNode(version) {
  if (Number(version.split('.')[0]) >= OLDEST_NODE) return;
  stop(`Node ${version} is too old: install Node ${OLDEST_NODE} or newer and run the command again.`);
}

function isInstalled() {
  if (!existsSync(pinnedNode)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()) return true;
  if (!holdsWhatLockNames()) return false;
  writeStamp();
  return true;
}

/** npm writes its own list when an install is complete; one made by hand that fits the lockfile is good. */
function holdsWhatLockNames() {
  const own = join(checkout, 'node_modules', '.package-lock.json');
  if (!existsSync(own)) return false;
  const installed = JSON.parse(readFileSync(own, 'utf8')).packages;
  const named = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(named).every(
    ([path, { version, link, optional }]) =>
      path === '' || link || optional || !path.includes('node_modules') || installed[path]?.version === version,
  );
}

async function install() {
  const { bavail, bsize } = statfsSync(checkout);
  if (bavail * bsize < INSTALL_BYTES)
    stop(`Less than 1.5 GB is free under ${checkout}: free some space and run the command again.`);
  const started = performance.now();
  say('installing dependencies with npm ci (about half a minute, longer on a slow network)');
  const log = join(state, 'install.log');
  const output = openSync(log, 'w');
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], outerEnvironment(), [
    'ignore',
    output,
    output,
  ]);
  closeSync(output);
  if (code === 'ENOENT') stop('npm is missing: install Node with npm and run the command again.');
  if (code !== 0) stop(npmSentence(readFileSync(log, 'utf8'), log));
  if (!existsSync(pinnedNode))
    stop(
      'npm left out the package `node`: allow install scripts (`npm config set ignore-scripts false`) and run the command again.',
    );
  writeStamp();
  say(`dependencies installed (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function npmSentence(output, log) {
  const known = Object.keys(SENTENCES).find((code) => output.includes(code));
  if (known) return SENTENCES[known];
  return `npm ci failed: see ${log}, then run the command again.\n${output.trimEnd().split('\n').slice(-8).join('\n')}`;
}

/** npm must not find the pinned Node that it is about to replace. */
function outerEnvironment() {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes(`node_modules${sep}`));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  return { ...Object.fromEntries(inherited), PATH: path.join(delimiter) };
}

function run(command, args, env, stdio = 'inherit') {
  const child = spawn(command, args, { cwd: command === 'npm' ? checkout : process.cwd(), env, stdio });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.code));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

function writeStamp() {
  writeFileSync(`${stamp}.draft`, lockHash());
  renameSync(`${stamp}.draft`, stamp);
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(checkout, 'package-lock.json')))
    .digest('hex');
}

function say(line) {
  process.stderr.write(`gridpact: ${line}\n`);
}

function stop(sentence) {
  say(sentence);
  process.exit(UNUSABLE);
}
