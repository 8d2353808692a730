/** An activation, with crawler and API as processes over real sockets. */
import { testActivation } from '../scenarios/forkActivation.ts';
import { watchProcesses } from '../scenarios/watchProcesses.ts';

testActivation(watchProcesses, 'whole');
