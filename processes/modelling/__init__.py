"""From a draft to a released process: bundles, checks, trials, decision tests, differences."""
