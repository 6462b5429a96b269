import mqtt from 'mqtt';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { freshDatabase, kafkaClient, passwordFrom, redisUrl, withDatabase, type FreshDatabase } from './index.ts';

const stack = inject('stack');

describe('Kafka', () => {
  it('refuses a wrong password', async () => {
    const admin = kafkaClient(stack, 'ledger', 'wrong').admin();

    await expect(admin.connect()).rejects.toThrow(/authentication/i);
    await admin.disconnect();
  });

  it('lets a service produce to its own topic', async () => {
    await expect(send('ledger', 'ledger.receipt.v1')).resolves.toBe('sent');
  });

  it('denies a service the topic of another', async () => {
    await expect(send('ingest', 'ledger.receipt.v1')).rejects.toThrow(/not authorized/i);
  });

  it('lets a service consume what the table of topics says', async () => {
    await expect(consume('aggregator', 'ledger.receipt.v1', 'aggregator-rights')).resolves.toBe('joined');
  });

  it('denies a service a topic that is not meant for it', async () => {
    await expect(consume('mobile-api', 'aggregator.nomination.v1', 'mobile-api-rights')).rejects.toThrow(
      /not authorized/i,
    );
  });

  it('denies a service the consumer group of another', async () => {
    await expect(consume('aggregator', 'ledger.receipt.v1', 'settlement')).rejects.toThrow(
      /not authorized|failed to find group coordinator/i,
    );
  });

  it('denies a service the creation of topics', async () => {
    const admin = kafkaClient(stack, 'dispatcher').admin();
    await admin.connect();

    await expect(admin.createTopics({ topics: [{ topic: 'dispatcher.other.v1' }] })).rejects.toThrow();
    await admin.disconnect();
  });
});

describe('PostgreSQL', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase(stack, 'ledger');
    await query('ledger_owner', 'CREATE TABLE entry (id bigint PRIMARY KEY)');
  });
  afterAll(() => database.drop());
  const query = (role: string, sql: string) => withDatabase(stack, role, database.name, (client) => client.query(sql));

  it('refuses a wrong password', async () => {
    const forged = { ...stack, postgres: { ...stack.postgres, users: { ledger: 'wrong' } } };

    await expect(withDatabase(forged, 'ledger', database.name, (client) => client.query('SELECT 1'))).rejects.toThrow(
      /password authentication failed/,
    );
  });

  it('lets the runtime role use what the owner created', async () => {
    await query('ledger', 'INSERT INTO entry VALUES (1)');

    expect((await query('ledger', 'SELECT id FROM entry')).rows).toEqual([{ id: '1' }]);
  });

  it('denies the runtime role any change of the schema', async () => {
    await expect(query('ledger', 'CREATE TABLE other (id int)')).rejects.toThrow(/permission denied for schema ledger/);
    await expect(query('ledger', 'DROP TABLE entry')).rejects.toThrow(/must be owner/);
    await expect(query('ledger', 'TRUNCATE entry')).rejects.toThrow(/permission denied/);
  });

  it('denies the ledger the schema of its own checkpoint lock', async () => {
    await query('ledger_lock_owner', 'CREATE TABLE checkpoint (size bigint)');

    await expect(query('ledger', 'SELECT * FROM ledger_lock.checkpoint')).rejects.toThrow(
      /permission denied for schema/,
    );
  });

  it('denies a service the schema of another in the shared database', async () => {
    const shared = stack.postgres.database;
    const foreign = withDatabase(stack, 'ingest', shared, (client) =>
      client.query('CREATE TABLE settlement.stolen (id int)'),
    );

    await expect(foreign).rejects.toThrow(/permission denied for schema settlement/);
  });

  it('denies a service a database that is not its own', async () => {
    await expect(query('ingest', 'SELECT 1')).rejects.toThrow(/permission denied for database/);
  });

  it('keeps what was committed on disk', async () => {
    const settings = await withDatabase(stack, 'admin', 'postgres', (client) => client.query('SHOW fsync'));

    expect(settings.rows).toEqual([{ fsync: 'on' }]);
  });
});

describe('Redis', () => {
  it('refuses a wrong password and a connection without one', async () => {
    await expect(
      redis(`redis://ingest:wrong@${stack.redis.host}:${stack.redis.port}`, 'GET', 'ingest:x'),
    ).rejects.toThrow(/WRONGPASS/);
    await expect(redis(`redis://${stack.redis.host}:${stack.redis.port}`, 'GET', 'ingest:x')).rejects.toThrow(/NOAUTH/);
  });

  it('lets a service use keys under its own name', async () => {
    await expect(redis(redisUrl(stack, 'ingest'), 'SET', 'ingest:x', '1')).resolves.toBe('OK');
  });

  it('denies a service the keys of another, save that live state may be read', async () => {
    const url = redisUrl(stack, 'aggregator');

    await expect(redis(url, 'GET', 'ingest:x')).rejects.toThrow(/NOPERM/);
    await expect(redis(url, 'GET', 'ingest:live:site')).resolves.toBeNull();
    await expect(redis(url, 'SET', 'ingest:live:site', '1')).rejects.toThrow(/NOPERM/);
  });

  it('denies a service administration', async () => {
    await expect(redis(redisUrl(stack, 'ingest'), 'FLUSHALL')).rejects.toThrow(/NOPERM/);
    await expect(redis(redisUrl(stack, 'ingest'), 'CONFIG', 'GET', '*')).rejects.toThrow(/NOPERM/);
  });
});

describe('MQTT', () => {
  it('refuses a wrong password and an unknown user', async () => {
    await expect(broker('gw-01', 'wrong')).rejects.toThrow(/not authorized/i);
    await expect(broker('gw-unknown', 'wrong')).rejects.toThrow(/not authorized/i);
  });

  it("carries a gateway's frame to ingest and the acknowledgement back", async () => {
    expect(await delivered('gw-01', 'ingest', 'gridpact/v1/gw-01/frames')).toBe(true);
    expect(await delivered('ingest', 'gw-01', 'gridpact/v1/gw-01/acks')).toBe(true);
    expect(await delivered('dispatcher', 'gw-01', 'gridpact/v1/gw-01/dispatch')).toBe(true);
  });

  it("drops a gateway's message in the branch of another", async () => {
    expect(await delivered('gw-01', 'ingest', 'gridpact/v1/gw-02/frames')).toBe(false);
  });

  it('delivers nothing of another gateway to a gateway', async () => {
    expect(await delivered('ingest', 'gw-02', 'gridpact/v1/gw-01/acks')).toBe(false);
  });

  it('denies the dispatcher acknowledgements, which are for ingest to give', async () => {
    expect(await delivered('dispatcher', 'gw-01', 'gridpact/v1/gw-01/acks')).toBe(false);
  });
});

async function send(user: string, topic: string): Promise<'sent'> {
  const producer = kafkaClient(stack, user).producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'rights', value: '{}' }] });
    return 'sent';
  } finally {
    await producer.disconnect();
  }
}

async function consume(user: string, topic: string, groupId: string): Promise<'joined'> {
  const consumer = kafkaClient(stack, user).consumer({
    groupId,
    maxWaitTimeInMs: 200,
    retry: { retries: 8, initialRetryTime: 100 },
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic });
    const joined = new Promise<'joined'>((resolve) => consumer.on('consumer.group_join', () => resolve('joined')));
    const crashed = new Promise<never>((_, reject) =>
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error)),
    );
    await consumer.run({ eachMessage: async () => undefined });
    return await Promise.race([joined, crashed]);
  } finally {
    await consumer.disconnect();
  }
}

async function redis(url: string, ...command: string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

function broker(username: string, password = passwordFrom(stack.mqtt.users, username)): Promise<mqtt.MqttClient> {
  return mqtt.connectAsync(stack.mqtt.url, { username, password, reconnectPeriod: 0, protocolVersion: 5 });
}

/** Whether a message of one user on a topic reaches another who asks for it; a later message on a common topic ends the wait. */
async function delivered(from: string, to: string, topic: string): Promise<boolean> {
  const [sender, receiver] = await Promise.all([broker(from), broker(to)]);
  try {
    const arrived: string[] = [];
    receiver.on('message', (name) => arrived.push(name));
    await receiver.subscribeAsync([topic, `gridpact/v1/${to}/end`], { qos: 1 }).catch(() => undefined);
    await sender.publishAsync(topic, 'message', { qos: 1 }).catch(() => undefined);
    const end = new Promise((resolve) => receiver.on('message', (name) => name.endsWith('/end') && resolve(undefined)));
    await receiver.publishAsync(`gridpact/v1/${to}/end`, 'end', { qos: 1 });
    await end;
    return arrived.includes(topic);
  } finally {
    await Promise.all([sender.endAsync(), receiver.endAsync()]);
  }
}
