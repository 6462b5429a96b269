import { formatInstant, type MachineInstant } from '@gridpact/kernel';

/** Header that carries a message's id (CloudEvents `id`), the same however often it is delivered. */
export const MESSAGE_ID_HEADER = 'ce-id';

/** CloudEvents 1.0 attributes of a message in binary mode (Kafka protocol binding, section 3.2), as `ce-` headers. */
export function ceHeaders(message: {
  readonly id: string;
  readonly topic: string;
  readonly service: string;
  readonly at: MachineInstant;
}): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    [MESSAGE_ID_HEADER]: message.id,
    'ce-source': `/gridpact/${message.service}`,
    'ce-type': message.topic,
    'ce-time': formatInstant(message.at),
    'content-type': 'application/json',
  };
}
