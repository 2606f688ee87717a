/** What the suite needs to know of a runtime. */
import type { Project } from '../support/tarball.js';
import type { Report } from './suite/run.js';

export interface Finding {
  /** What the runtime says of itself. */
  readonly version: string;
  readonly report: Report;
}

export interface Runtime {
  readonly name: string;
  /** How the package gets into it. */
  readonly way: string;
  /** Runs the suite there, on the package of the project. Rejects where the runtime is not on this machine. */
  run(project: Project): Promise<Finding>;
}
