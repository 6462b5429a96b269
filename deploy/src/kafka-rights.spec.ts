import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { rightsOf } from './kafka-rights.ts';

const { AclOperationTypes, AclResourceTypes } = kafkajs;
const table = {
  topics: [],
  rights: {
    ledger: { produces: ['ledger.receipt.v1'], consumes: ['ledger.submission.v1'] },
    ingest: { produces: ['ledger.submission.v1'], consumes: [] },
  },
};

it('a service may write what it produces and its own dead letters, and read what it consumes', () => {
  const topics = rightsOf(table)
    .filter(({ principal, resourceType }) => principal === 'User:ledger' && resourceType === AclResourceTypes.TOPIC)
    .map(
      ({ operation, resourceName }) => `${operation === AclOperationTypes.WRITE ? 'write' : 'read'} ${resourceName}`,
    );

  expect(topics).toEqual(['write ledger.receipt.v1', 'write ledger.dead-letter.v1', 'read ledger.submission.v1']);
});

it('a service joins consumer groups under its own name only', () => {
  const groups = rightsOf(table).filter(({ resourceType }) => resourceType === AclResourceTypes.GROUP);

  expect(groups.every(({ principal, resourceName }) => principal === `User:${resourceName}`)).toBe(true);
});

it('a service that the table does not name gets nothing but its dead letters and its groups', () => {
  const settlement = rightsOf(table).filter(({ principal }) => principal === 'User:settlement');

  expect(settlement.map(({ resourceName }) => resourceName)).toEqual(['settlement.dead-letter.v1', 'settlement']);
});
