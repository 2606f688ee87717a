/** The entry `secevent/testing`: a transmitter for tests. */
export { createTestTransmitter, type TestTransmitter, type TestTransmitterOptions } from './transmitter.js';
