import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { findProgram, run } from '../run-command.ts';
import { CHECKOUT, cacheFolder } from '../state-folder.ts';
import { UnusableError } from '../unusable-error.ts';
import { installAsRoot, takePlace } from './debian.ts';

/** Version of the broker; the committed list of hashes belongs to it. */
export const KAFKA_VERSION = '4.3.1';

const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const JAVA_OLDEST = 17;
const KAFKA_FOLDER = join(CHECKOUT, 'deploy', 'kafka');

/** Folder of the broker's jars, fetched once; every jar is checked against the committed SHA-256 each time. */
export async function kafkaJars(log: string): Promise<string> {
  const folder = join(cacheFolder(), `kafka-${KAFKA_VERSION}`);
  if (existsSync(folder) && wrongJars(folder).length > 0) rmSync(folder, { recursive: true });
  if (!existsSync(folder)) await fetchJars(folder, log);
  return folder;
}

/** Path of a Java that is new enough; installed from Debian when we are root and there is none. */
export async function javaProgram(log: string): Promise<string> {
  if (!(await newEnough(findJava()))) await installAsRoot(log, 'default-jre-headless');
  const java = findJava();
  if (java && (await newEnough(java))) return java;
  throw new UnusableError(
    `Java ${JAVA_OLDEST} or newer is missing: install it (on Debian \`apt-get install default-jre-headless\`) or start a container engine, then run the command again.`,
  );
}

/** Names from the committed list whose file is missing or different. */
export function wrongJars(folder: string, list = readFileSync(join(KAFKA_FOLDER, 'jars.sha256'), 'utf8')): string[] {
  return list
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([hash, name]) => hash !== sha256Of(join(folder, name ?? '')))
    .map(([, name]) => name ?? '');
}

async function fetchJars(folder: string, log: string): Promise<void> {
  if (!findProgram('mvn')) await installAsRoot(log, 'maven');
  const mvn = findProgram('mvn');
  if (!mvn) {
    throw new UnusableError(
      'Maven is needed once to fetch Kafka: install it (on Debian `apt-get install maven`), then run the command again.',
    );
  }
  const draft = `${folder}.${process.pid}.draft`;
  mkdirSync(draft, { recursive: true });
  const pom = join(KAFKA_FOLDER, 'pom.xml');
  await run(mvn, ['-B', '-q', '-f', pom, COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${draft}`], { log });
  const wrong = wrongJars(draft);
  if (wrong.length > 0)
    throw new UnusableError(
      `Maven delivered jars that differ from deploy/kafka/jars.sha256 (${wrong.join(', ')}): check the Maven mirror.`,
    );
  takePlace(draft, folder);
}

function findJava(): string | undefined {
  const home = process.env['JAVA_HOME'];
  return findProgram('java', home ? [join(home, 'bin')] : []);
}

async function newEnough(java: string | undefined): Promise<boolean> {
  if (!java) return false;
  const version = await promisify(execFile)(java, ['-version']).catch(() => ({ stderr: '' }));
  return Number(/version "(\d+)/.exec(version.stderr)?.[1] ?? 0) >= JAVA_OLDEST;
}

function sha256Of(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}
