import { generateKeyPairSync } from 'node:crypto';
import { type Instant, formatInstant } from '@gridpact/kernel';
import { type Frame, type FrameReading, MAX_FRAME_READINGS, signFrame } from '@gridpact/telemetry';
import { ed25519PrivateKey, type SigningKey, toBase64Url } from '@gridpact/tlog';
import mqtt, { type MqttClient } from 'mqtt';
import { z } from 'zod';

/** A frame that is not acknowledged within this is sent again, the same bytes. */
const RESEND_AFTER_MS = 3_000;
/** A frame that no try got acknowledged within this ends the simulation: the platform is gone. */
const GIVE_UP_AFTER_MS = 120_000;
/** Frames of one gateway on their way at once. */
const IN_FLIGHT = 16;

const acknowledgement = z.object({
  seq: z.int().nullable(),
  outcome: z.enum(['accepted', 'refused']),
  code: z.string().optional(),
  detail: z.string().optional(),
});

/** What became of a frame: taken, or refused with a reason. */
export type FrameOutcome =
  { readonly taken: true } | { readonly taken: false; readonly code: string; readonly detail: string };

/** A gateway in the field: signs frames with its device key, keeps each until ingest acknowledged it. */
export class Gateway {
  private seq = 0;
  private readonly waiting = new Map<number, (outcome: FrameOutcome) => void>();

  private constructor(
    readonly name: string,
    private readonly client: MqttClient,
    private readonly key: SigningKey,
    readonly jwk: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string },
  ) {
    client.on('message', (_topic, payload) => this.heard(payload));
  }

  /** Connects a gateway with a device key of its own. */
  static async connect(url: string, name: string, password: string): Promise<Gateway> {
    const client = await mqtt.connectAsync(url, {
      username: name,
      password,
      clientId: `${name}-device`,
      clean: true,
      reconnectPeriod: 500,
    });
    await client.subscribeAsync(`gridpact/v1/${name}/acks`, { qos: 1 });
    const { privateKey } = generateKeyPairSync('ed25519');
    const seed = Buffer.from(z.object({ d: z.string() }).parse(privateKey.export({ format: 'jwk' })).d, 'base64url');
    const key = ed25519PrivateKey(seed);
    return new Gateway(name, client, key, { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key.publicKey) });
  }

  /** Sends readings in as many frames as they need; resolves when ingest has answered for each. */
  async send(readings: readonly FrameReading[], sentAt: Instant): Promise<FrameOutcome[]> {
    const frames: Frame[] = [];
    for (let at = 0; at < readings.length; at += MAX_FRAME_READINGS) {
      frames.push(await this.frameOf(readings.slice(at, at + MAX_FRAME_READINGS), sentAt));
    }
    return this.deliver(frames);
  }

  /** Signs one frame; sending it again sends the same bytes. */
  async frameOf(readings: readonly FrameReading[], sentAt: Instant): Promise<Frame> {
    this.seq += 1;
    return signFrame(
      { v: 1, gateway: this.name, seq: this.seq, sentAt: formatInstant(sentAt), readings: [...readings] },
      this.key,
    );
  }

  /** Sends frames, some at a time, each until it is acknowledged. */
  async deliver(frames: readonly Frame[]): Promise<FrameOutcome[]> {
    const outcomes: FrameOutcome[] = [];
    for (let at = 0; at < frames.length; at += IN_FLIGHT) {
      outcomes.push(...(await Promise.all(frames.slice(at, at + IN_FLIGHT).map((frame) => this.deliverOne(frame)))));
    }
    return outcomes;
  }

  /** Disconnects. */
  async close(): Promise<void> {
    await this.client.endAsync();
  }

  private async deliverOne(frame: Frame): Promise<FrameOutcome> {
    const payload = JSON.stringify(frame);
    const publish = (): void => void this.client.publish(`gridpact/v1/${this.name}/frames`, payload, { qos: 1 });
    return new Promise((resolve, reject) => {
      const resend = setInterval(publish, RESEND_AFTER_MS);
      const giveUp = setTimeout(() => {
        clearInterval(resend);
        reject(new Error(`${this.name}: frame ${frame.seq} was not acknowledged within ${GIVE_UP_AFTER_MS / 1000} s`));
      }, GIVE_UP_AFTER_MS);
      this.waiting.set(frame.seq, (outcome) => {
        clearInterval(resend);
        clearTimeout(giveUp);
        this.waiting.delete(frame.seq);
        resolve(outcome);
      });
      publish();
    });
  }

  private heard(payload: Buffer): void {
    const parsed = acknowledgement.safeParse(JSON.parse(payload.toString('utf8')));
    if (!parsed.success || parsed.data.seq === null) return;
    const { seq, outcome, code = 'refused', detail = '' } = parsed.data;
    this.waiting.get(seq)?.(outcome === 'accepted' ? { taken: true } : { taken: false, code, detail });
  }
}
