package disksim

import (
	"slices"
	"strings"
)

// A listing is what a directory holds, sorted by name.
type listing []entry

type entry struct {
	name string
	node *node
}

func (l listing) search(name string) (int, bool) {
	return slices.BinarySearchFunc(l, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

// find returns the file of that name, or nil.
func (l listing) find(name string) *node {
	if i, ok := l.search(name); ok {
		return l[i].node
	}
	return nil
}

// put gives the name to a file, whichever had it before.
func (l *listing) put(name string, n *node) {
	i, ok := l.search(name)
	if ok {
		(*l)[i].node = n
		return
	}
	*l = slices.Insert(*l, i, entry{name, n})
}

func (l *listing) remove(name string) {
	if i, ok := l.search(name); ok {
		*l = slices.Delete(*l, i, i+1)
	}
}

// A change is an unsynced operation on the directory: the file gets the name after, and loses the name before.
// Either name may be empty: a Create has no name before, a Remove none after.
type change struct {
	order         uint64
	before, after string
	node          *node
}

func (c change) apply(l *listing) {
	if c.before != "" {
		l.remove(c.before)
	}
	if c.after != "" {
		l.put(c.after, c.node)
	}
}

// touches reports whether two changes concern a common name, so that their order matters.
func (c change) touches(other change) bool {
	return c.has(other.before) || c.has(other.after)
}

func (c change) has(name string) bool {
	return name != "" && (name == c.before || name == c.after)
}
