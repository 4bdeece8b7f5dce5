"""What benchmarks in turns stand on: an own network, processes on their CPUs, groups that are charged, a run that is repeated where others
disturbed it, tables and plots. bench/measure and bench/compare/run are made of it."""
