package keyspace

import (
	"bytes"
	"math/bits"
)

// record is a key with all that belongs to it.
type record struct {
	key []byte
	content
	// expireAt is when the key ends, in Unix milliseconds; 0 if it does not.
	expireAt int64
	// due is the record's place in the expiry index. It means nothing if expireAt is 0.
	due int
}

// cell is one place of a table. It is free if it has no record.
type cell struct {
	hash   uint64
	record *record
}

// table holds the keys of one slot in order. See the package documentation for the picture.
type table struct {
	// cells are the homes and, behind them, room for displaced keys.
	// Invariant: occupied cells rise by (hash, key); each lies at its home or behind it, with no free cell between.
	cells []cell
	// homes is how many cells are somebody's home. Invariant: len(cells) >= homes, and no cell behind them is free.
	homes int
	// count is the number of keys. Invariant: at most 3/4 of homes and, but for the smallest tables, at least 1/8.
	count int
}

const (
	minHomes = 4
	// A table grows beyond 3/4 load and shrinks below 1/8; either way it comes out at 3/8 or a quarter, far from both.
	growNumerator, growDenominator = 3, 4
	shrinkDenominator              = 8
)

// home returns the cell at which the search for a hash begins.
func home(hash uint64, homes int) int {
	high, _ := bits.Mul64(hash, uint64(homes))
	return int(high)
}

// search returns where a key is, or where it has to be inserted.
func (t *table) search(hash uint64, key []byte) (index int, found bool) {
	if t == nil {
		return 0, false
	}
	i := home(hash, t.homes)
	for ; i < len(t.cells); i++ {
		c := &t.cells[i]
		if c.record == nil || c.hash > hash {
			break
		}
		if c.hash < hash {
			continue
		}
		// With a 64-bit hash this is nearly always the key itself, so equality is tried first.
		if bytes.Equal(c.record.key, key) {
			return i, true
		}
		if bytes.Compare(c.record.key, key) > 0 {
			break
		}
	}
	return i, false
}

// from returns the first cell that can hold a key whose hash is at least the given one; cells behind it are in order.
func (t *table) from(hash uint64) int {
	i := home(hash, t.homes)
	for i < len(t.cells) && t.cells[i].record != nil && t.cells[i].hash < hash {
		i++
	}
	return i
}

// insert adds a key that search has not found.
func (t *table) insert(hash uint64, r *record) {
	if (t.count+1)*growDenominator > t.homes*growNumerator {
		t.resize(max(minHomes, t.homes*2))
	}
	i, _ := t.search(hash, r.key)
	moved := cell{hash: hash, record: r}
	for moved.record != nil {
		if i == len(t.cells) {
			t.cells = append(t.cells, cell{})
		}
		t.cells[i], moved = moved, t.cells[i]
		i++
	}
	t.count++
}

// remove takes the key at index out and moves the displaced keys behind it one cell nearer to their homes.
func (t *table) remove(index int) {
	i := index
	for ; i+1 < len(t.cells); i++ {
		next := t.cells[i+1]
		if next.record == nil || home(next.hash, t.homes) > i {
			break
		}
		t.cells[i] = next
	}
	t.cells[i] = cell{}
	t.trim()
	t.count--
	if t.homes > minHomes && t.count*shrinkDenominator < t.homes {
		t.resize(max(minHomes, t.homes/2))
	}
}

// trim drops the free cells at the end that are nobody's home.
func (t *table) trim() {
	n := len(t.cells)
	for n > t.homes && t.cells[n-1].record == nil {
		n--
	}
	t.cells = t.cells[:n]
}

// resize lays the keys out over another number of homes. It walks the old cells in order, so each key goes to its home
// or right behind the key before it.
func (t *table) resize(homes int) {
	old := t.cells
	t.homes = homes
	t.cells = make([]cell, homes, homes+homes/8+1)
	next := 0
	for _, c := range old {
		if c.record == nil {
			continue
		}
		next = max(next, home(c.hash, homes))
		if next == len(t.cells) {
			t.cells = append(t.cells, cell{})
		}
		t.cells[next] = c
		next++
	}
}
