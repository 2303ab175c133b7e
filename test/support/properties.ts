// Runs before each file of tests. Property tests draw new inputs in every run, so that they find more over time. Under CI
// they draw the same ones, so that a change never fails for inputs that it has nothing to do with.

import fc from 'fast-check';

const CI_SEED = 20261127;

if (process.env.CI === 'true') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: CI_SEED });
