package keyspace

import "github.com/ember-cluster/ember/core/slots"

// directory has the homes of each slot's table, as far as they are in one piece and stay where they are: a nil slice says that the table
// has to be asked. To find the bucket of a key it is enough to look here, which spares a window the loads of its tables: those of
// all slots are more than what stays near to the processor, and the directory is less.
//
// Invariant: what is here is what homesInPlace returns of the slot's table.
type directory [slots.Count][]bucket

// manyKeys are so many that most slots have a table.
const manyKeys = slots.Count

// noteTable tells the directory of a slot's table that has changed.
func (s *Space) noteTable(slot slots.Slot, t *table) {
	if s.directory == nil && s.population.keys >= s.directoryKeys {
		s.directory = &directory{}
	}
	s.directory.note(slot, t)
}

// note follows each change of a slot's table; nil says that there is none any more.
func (d *directory) note(slot slots.Slot, t *table) {
	switch {
	case d == nil:
	case t == nil:
		d[slot] = nil
	default:
		d[slot] = t.homesInPlace()
	}
}

// bucket returns the bucket at which the search for a hash begins, or nil if the directory does not know it.
func (d *directory) bucket(slot slots.Slot, hash uint64) *bucket {
	if homes := d[slot]; len(homes) > 0 {
		return &homes[homeOf(hash, len(homes))]
	}
	return nil
}

// homesInPlace returns the homes of a table if they are in one piece, and none of their keys is on its way elsewhere.
func (t *table) homesInPlace() []bucket {
	if t.next != nil || len(t.current.direct) < t.current.homes {
		return nil
	}
	return t.current.direct[:t.current.homes:t.current.homes]
}
