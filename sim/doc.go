// Package sim simulates distributed protocols: any number of hosts with their network, disks and clocks run in
// one goroutine, in virtual time, and everything that happens follows from one seed.
//
// # What is simulated
//
// A protocol is written as a Process: a step function that takes events (a datagram, bytes of a stream, its deadline, a
// timer, an input from outside) and acts through its Host, which has a network address, a disk, a monotonic and a wall
// clock, and random streams of its own. A Program makes a process at every start of its host. A World owns the
// hosts and the one queue of what comes next:
//
//	           ┌──────────────── World: queue of (time, sequence) ◄───────────────┐
//	           │                                                                  │
//	faults     │ arrivals, deadlines, timers, inputs                              │ packets, timers,
//	of a Plan ─┤                                                                  │ deadlines
//	           ▼                                                                  │
//	Host: paused? slow? ──► Process.Handle(Event) ──► transport.Bus, Disk, After ─┘
//	                                │
//	               hash, trace, invariants, journal
//
// Time leaps from one event to the next; nothing ticks. A minute of an idle cluster costs as little as a second of it.
//
// # Determinism
//
// A run is a function of its Config and its Plan, bit for bit, on every architecture. World.Hash folds every event and
// every effect; Twice runs a configuration twice and names the first event at which the runs differ,
// which is where a process has looked at something beyond its host: the order of a map, a clock, a pointer. Random numbers
// come from streams that are named by their use, so that one part's draws do not move another's; what the network draws
// follows from the instant too, so that a packet less leaves later ones their fate.
//
// # Histories are data
//
// Faults and inputs are drawn before the run, by hand or from a FaultMix, into a Plan: a list that can be printed,
// saved, edited, parsed, shrunk and run again. Applying a plan draws nothing that another part draws from. A Script is
// a plan with all else that decides a run, as one file.
//
// # Failures
//
// A run ends early with a Failure when an invariant (OnEvent) returns an error, when a process panics, when a deadline
// spins at one instant, or when the caller says so (Fail). The latest events before it are in the window (WriteWindow); a
// second run with Config.Trace gives all of them. Package view records a world, by Config.Observe, and writes it as a
// page to look at and to step through.
//
// # Use
//
// A world with two hosts, of which one is paused for a while:
//
//	world := sim.New(sim.Config{Seed: 1})
//	world.AddHost("server", sim.ProgramFunc(bootServer), sim.HostOptions{})
//	world.AddHost("client", sim.ProgramFunc(bootClient), sim.HostOptions{})
//	plan, err := sim.ParsePlan(`
//		1s pause hosts=server for=500ms
//		2s input client GET key`)
//	...
//	err = world.Load(plan)
//	...
//	world.Run(10 * time.Second)
//	if failure := world.Failure(); failure != nil { ... }
//
// The example of this package is complete: a replicated value, its plan and its check. examples/register is a whole program, whose
// failing runs are swept for, shrunk and shown.
package sim
