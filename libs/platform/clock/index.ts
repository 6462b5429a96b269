export {
  fixedBusinessClock,
  systemMachineClock,
  unmappedBusinessClock,
  type BusinessClock,
  type MachineClock,
} from './clock.js';
export { MappedClock, type ClockView } from './mapped-clock.js';
export { ClockFollower } from './follow-clock.js';
