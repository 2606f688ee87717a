/** A runtime in which the suite runs. */
import type { Project } from '../support/tarball.js';
import type { Report } from './suite/run.js';

export interface Finding {
  /** The version that the runtime reports. */
  readonly version: string;
  readonly report: Report;
}

export interface Runtime {
  readonly name: string;
  /** How it loads the package. */
  readonly way: string;
  /** Runs the suite in it, on the package of the project. Rejects if the runtime is not installed. */
  run(project: Project): Promise<Finding>;
}
