// Package tidy holds the house rules of this repository as a test: `go test ./internal/tidy`.
//
// A promise that every run is a function of its seed is kept or broken far from the place where it is made: one range
// over a map, one clock read, one goroutine in the core, and two runs of a seed part ways. Review does not see such a
// line every time; this package does. It parses every Go file of the module and type-checks the packages that must be
// deterministic, for each of the platforms that the promise covers, and reports every breach as
//
//	core/gossip/probe.go:71: [map-order] a range over a map visits its keys in a new order each time: …
//
// # The rules
//
//   - dependency: a package imports only what the table in table.go lets it import, of ours and of others. A package that
//     the table does not name is a breach too, so that whoever adds one decides where it belongs. Test files may import
//     every library package of ours, the test libraries, and what their package may import.
//   - import, concurrency, clock, map-order, float, pointer-format: the deterministic packages (see deterministic in
//     table.go) have no goroutine, channel, lock, clock, entropy, socket, file, map order, rounding or address in
//     what they do. Their test files are free.
//   - platform: the deterministic packages compile for each platform, 32-bit ones among them.
//   - package-doc, exported-doc, file-length, function-length, name: what a reader is owed.
//   - unfinished, machine-path: no note of work left undone and no path of a developer's machine, in any text file.
//
// # Marks
//
// Two rules can be excused, by a comment at the end of the line or just above it that gives the reason:
//
//	//unordered: the sum does not depend on the order
//	for _, size := range sizes {
//
//	//float: formatted for the client only, INCRBYFLOAT is defined on floating point
//
// A mark for float may also stand in the doc comment of a declaration, and then excuses all of it. A mark without a
// reason is a breach, and so is one that excuses nothing: the reason for it may be gone, the mark would hide the next.
//
// # Limits
//
// The rules see what a package does itself, not what a function of the standard library does for it. For that the
// imports of the deterministic packages are a list of what is known to be harmless, not a list of what is known to
// harm. Whether all this suffices is what package determinism measures, on real runs.
package tidy
