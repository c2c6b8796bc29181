// Package shrink makes a failing run smaller: of all that its script decides it takes away, or makes simpler, what the failure
// does not need, until nothing more can go.
//
// A seed cannot be shrunk: another seed is another run. A script can, since whatever it says stands for itself and
// random streams are named by their use, so that what is left out moves little else. The method is delta debugging
// (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002) over edits: a pass is
// a list of edits that are independent of one another, such as the removal of each fault, and as many of them
// are made, in chunks that become smaller, as leave the failure in place. Passes are repeated until none finds anything.
//
//	script ──► time ──► hosts ──► faults ──► inputs ──► settings ──► simpler faults, times, ... ──► smaller script
//	            ▲                                                             │
//	            └───────────────── while something was found ─────────────────┘
//
// Time is cut first, to where the failure was there, which the run's report may know, or to spans that it needs: what is left runs
// the faster. A candidate that goes on for many more events than the smallest run so far is given up.
//
// A smaller run must fail in the same way: with the same verdict, by the same check (sim.Report.Signature).
//
// The engine knows no protocol. What is particular to one comes in as Defaults and Reductions. It is deterministic: the
// same script and the same Run give the same result, however many runs take place at the same time, unless it is stopped.
package shrink
