/** Title and description of this service's OpenAPI document. */
export const api = {
  title: 'Gridpact aggregator',
  description: 'Sites, enrolments, nominations, instructions and confirmations of load aggregators and their users.',
};
