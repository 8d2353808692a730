/** An activation, in virtual time; among half the nodes; e2e/overSockets has it as it is in the world. */
import { testActivation } from './scenarios/forkActivation.ts';
import { watchVirtual } from './scenarios/watchVirtual.ts';

testActivation(watchVirtual, 'half');
