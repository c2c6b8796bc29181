// Package linearizability decides whether what clients saw of a key-value store can be explained by some order in which
// their operations happened one at a time, each between its call and its return (Herlihy and Wing, "Linearizability: a
// correctness condition for concurrent objects", 1990).
//
//	history ───► Resolve ───► partitions ───► porcupine ───► Legal
//	 operations   drops or     keys that        one order     Illegal, Undecided ───► sweep ───► Legal, Undecided
//	 and replies  bounds the   a command        at a time                              all orders   Illegal, and the window
//	              unknown      has joined                                              at once      that has no explanation
//
// The model is of Redis's string commands, with expiry, and of transactions of them, which happen at one instant. One that
// has watched keys and ran its commands did so while what it had read of them was still true. A state of the model is the set of all worlds that are possible
// after the operations so far: a reply that was lost leaves several, and so does a clock that is only known within bounds.
//
// An operation has one of four outcomes. An acknowledged one (OK) must be explained with its reply. A failed one surely had
// no effect and is left out: if it had one after all, later replies have no explanation. An unknown one may take effect at
// any time after its call, or never. An applied one is an unknown one of which the servers' log tells that it took effect,
// and by when.
//
// Unknown outcomes make the search explode on those histories that are wrong, so they should be resolved first by what the
// servers' logs tell. That only removes orders in which an operation took effect that did not, or took effect later than
// it did: it cannot hide a violation if the log is complete, which Unlogged checks.
//
// Expiry depends on the servers' clocks, of which is known that they are within Options.MaxClockError of the clock that
// timed the history. A deadline is an interval, which every reply that depends on it narrows. So no history is refused that
// such clocks allow, and what is accepted wrongly is wrong by no more than twice that error.
//
// The search is exponential at worst. Whoever knows when operations are said to have taken effect can name a witness: a
// partition that it explains needs no search.
//
// The search is porcupine's (github.com/anishathalye/porcupine), after Lowe, "Testing for linearizability", 2017. Where it
// finds no order, a second one follows all orders at once through time, to the first reply that has no explanation ("just
// in time linearization", section 4 there). It shows where things went wrong, and it decides some histories that are too
// much for the first. Both are bounded by a number of steps of the model, not by time, so a verdict is a function of the
// history and the options.
package linearizability
