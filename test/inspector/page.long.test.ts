/** The built decoder page in Firefox. */
import { testPageIn } from './page-tests.js';

testPageIn('firefox');
