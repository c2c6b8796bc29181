// Package sweep divides a range of seeds among machines and adds up what they found.
//
// A sweep is a Range of seeds, of which one machine takes every n-th (Shard). Schedulers that start the same command many times
// tell each start which one it is, in variables of the environment; ShardFromEnvironment knows those of Kubernetes, Slurm and
// the usual matrices of continuous integration. Each machine writes lines of JSON, a Run for each seed and a Total at the end,
// and Merge adds up the lines of all of them, in whatever order they come, and finds seeds that are missing or doubled.
//
// Nothing here runs a simulation or knows Ember: a sweep of another protocol divides and adds up alike.
package sweep
