import { createConnection } from 'node:net';

/** An address to try. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const PROBE_TIMEOUT_MS = 1000;

/** Whether something accepts connections there. */
export function accepts(address: Address): Promise<boolean> {
  return answersLine(address, '', '');
}

/** Sends a line and tells whether the answer starts as expected; with an empty line, whether the connection opens. */
export function answersLine({ host, port }: Address, line: string, expected: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: PROBE_TIMEOUT_MS });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => (line === '' ? answer(true) : socket.write(line)));
    socket.once('data', (bytes) => answer(bytes.toString('latin1').startsWith(expected)));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
