// Package marks counts how often the rare paths of the core are taken, so that a sweep can tell what it has never tried.
//
// A passing sweep says nothing about code that it did not reach. Each rare path has a Mark, and says so when it is taken:
//
//	n.marks.Hit(marks.DatagramDamaged)
//
// Who runs the node gives it a Set, or nil, which counts nothing. A Set belongs to one simulated world, so simulations that run
// side by side share none; there is no registry beside the list of constants. A hit is one addition and never allocates. Still,
// the path of an ordinary command has none.
//
// The idea is FoundationDB's "code probes" and TigerBeetle's "marks".
package marks
