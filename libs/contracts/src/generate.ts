import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApiDocument } from './asyncapi.js';

const API_VERSION = '1.0.0';

/** Writes the AsyncAPI document of every topic into the folder of the first argument. */
const [folder = '.'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'asyncapi.json'), `${JSON.stringify(asyncApiDocument(API_VERSION), null, 2)}\n`);
