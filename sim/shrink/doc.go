// Package shrink makes a failing run smaller: of all that its script decides it takes away, or makes simpler, what the failure
// does not need, until nothing more can go.
//
// A seed cannot be shrunk: another seed is another run. A script can, since whatever it says stands for itself and
// random streams are named by their use, so that what is left out moves little else. The method is delta debugging
// (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002) over edits: a pass is
// a list of edits that are independent of one another, such as the removal of each fault, and as many of them
// are made, in chunks that become smaller, as leave the failure in place. Passes are repeated until none finds anything.
//
//	script ──► hosts ──► faults ──► inputs ──► settings ──► simpler faults, times, ... ──► smaller script
//	             ▲                                                        │
//	             └───────────────── while something was found ────────────┘
//
// Hosts and faults go while the plan is long: it may fail in many ways at many times, so that less depends on each of them. A
// candidate that goes on for many more events than the smallest run so far is given up.
//
// A smaller run must fail in the same way: with the same verdict, by the same check (sim.Report.Signature).
//
// The engine knows no protocol. What is particular to one comes in as Defaults and Reductions. It is deterministic: the
// same script and the same Run give the same result, however many runs take place at the same time, unless it is stopped.
package shrink
