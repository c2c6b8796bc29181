package gossip

import (
	"iter"
	"maps"
	"slices"
)

type members map[uint64]string

func visit(m members) (names []string) {
	for _, name := range m { // want map-order
		names = append(names, name)
	}
	for key := range maps.Keys(m) { // want map-order
		names = append(names, m[key])
	}
	names = slices.AppendSeq(names, maps.Values(m)) // want map-order
	all := maps.All[members]                        // want map-order
	_ = all
	maps.DeleteFunc(m, func(uint64, string) bool { return len(names) > 3 }) // want map-order
	return names
}

func visitAny[M ~map[K]V, K comparable, V any](m M) (last V) {
	for _, value := range m { // want map-order
		last = value
	}
	return last
}

func sorted(m members) (names []string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		names = append(names, m[key])
	}
	clear(m)
	return names
}

func sortedLater(m members, first func(iter.Seq[uint64]) iter.Seq[uint64]) []uint64 {
	return slices.Sorted(first(maps.Keys(m))) // want map-order
}

// want+2 mark

// unordered: a mark for a whole function would hide the next range
func last(m members) (name string) {
	name = "none"
	for _, name = range m { // want map-order
	}
	return name
}

func total(sizes map[string]int) (sum int) {
	//unordered: addition of integers commutes
	for _, size := range sizes {
		sum += size
	}
	for range sizes { //unordered: nothing but the number of turns is used
		sum++
	}
	return sum
}
