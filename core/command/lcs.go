package command

import (
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
)

var lcsRow = &Row{
	Name: "lcs", Arity: -3, Flags: ReadOnly, Categories: StringCategory,
	Keys:  KeySpec{First: 1, Last: 2, Step: 1, Flags: "RO access"},
	Group: "string", Since: "7.0.0", Summary: "Finds a longest common subsequence of the values of two keys.",
	Complexity: "O(N*M) in the lengths of the values",
	Arguments: []Argument{
		{Name: "key1", Type: KeyArgument},
		{Name: "key2", Type: KeyArgument},
		{Name: "len", Type: TokenArgument, Token: "LEN", Optional: true},
		{Name: "idx", Type: TokenArgument, Token: "IDX", Optional: true},
		{Name: "min-match-len", Type: IntegerArgument, Token: "MINMATCHLEN", Optional: true},
		{Name: "withmatchlen", Type: TokenArgument, Token: "WITHMATCHLEN", Optional: true},
	},
	Run: longestCommonSubsequence,
}

const (
	errLCSType    Error = "ERR The specified keys must contain string values"
	errLCSChoice  Error = "ERR If you want both the length and indexes, please just use IDX."
	errLCSTooLong Error = "ERR String too long for LCS"
	errLCSMemory  Error = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
)

// lcsOptions say what of the subsequence is wanted.
type lcsOptions struct {
	length, indexes, withMatchLength bool
	// minMatchLength is the length from which on matches are listed.
	minMatchLength int64
}

// lcsOptions reads the options, or writes an error reply.
func (c *Context) lcsOptions(args [][]byte) (o lcsOptions, ok bool) {
	for i := 0; i < len(args); i++ {
		switch word := args[i]; {
		case isWord(word, "idx"):
			o.indexes = true
		case isWord(word, "len"):
			o.length = true
		case isWord(word, "withmatchlen"):
			o.withMatchLength = true
		case isWord(word, "minmatchlen") && i+1 < len(args):
			i++
			if o.minMatchLength, ok = c.integer(args[i]); !ok {
				return o, false
			}
		default:
			c.fail(errSyntax)
			return o, false
		}
	}
	if o.indexes && o.length {
		c.fail(errLCSChoice)
		return o, false
	}
	return o, true
}

func longestCommonSubsequence(c *Context) {
	first, firstFound := c.read(c.Args[1])
	a := first.Append(nil) // the second look-up may change the Space, after which the first value is no longer lent
	second, secondFound := c.read(c.Args[2])
	if firstFound && first.Type() != keyspace.String || secondFound && second.Type() != keyspace.String {
		c.fail(errLCSType)
		return
	}
	b := second.Append(nil)
	options, ok := c.lcsOptions(c.Args[3:])
	if !ok {
		return
	}
	const cellSize = 4
	switch cells := (uint64(len(a)) + 1) * (uint64(len(b)) + 1); {
	case uint64(max(len(a), len(b))) >= math.MaxUint32-1:
		c.fail(errLCSTooLong)
		return
	case cells > uint64(c.maxStringLength())/cellSize:
		c.fail(errLCSMemory)
		return
	}
	table := newLCSTable(a, b)
	switch {
	case options.indexes:
		c.writeMatches(table, &options)
	case options.length:
		c.Reply.Int(int64(table.length()))
	default:
		c.Reply.Bulk(table.subsequence())
	}
}

// lcsTable holds, for all i and j, the length of the longest common subsequence of the first i bytes of a and the first j
// bytes of b: the textbook dynamic programme.
type lcsTable struct {
	a, b    []byte
	lengths []uint32
}

func newLCSTable(a, b []byte) *lcsTable {
	t := &lcsTable{a: a, b: b, lengths: make([]uint32, (len(a)+1)*(len(b)+1))}
	width := len(b) + 1
	for i := range a {
		above, row := t.lengths[i*width:][:width], t.lengths[(i+1)*width:][:width]
		for j := range b {
			if a[i] == b[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	return t
}

func (t *lcsTable) at(i, j int) uint32 { return t.lengths[i*(len(t.b)+1)+j] }

// length returns the length of the subsequence.
func (t *lcsTable) length() uint32 { return t.at(len(t.a), len(t.b)) }

// walk follows a longest common subsequence from its end to its start. It tells the place of each of its bytes. Of several
// subsequences it finds the one that Redis does.
func (t *lcsTable) walk(visit func(i, j int)) {
	for i, j := len(t.a), len(t.b); i > 0 && j > 0; {
		switch {
		case t.a[i-1] == t.b[j-1]:
			i--
			j--
			visit(i, j)
		case t.at(i-1, j) > t.at(i, j-1):
			i--
		default:
			j--
		}
	}
}

// subsequence returns the bytes of the subsequence.
func (t *lcsTable) subsequence() []byte {
	result := make([]byte, t.length())
	next := len(result)
	t.walk(func(i, _ int) {
		next--
		result[next] = t.a[i]
	})
	return result
}

// lcsMatch is a part of the subsequence that is contiguous in both strings. The indexes of its ends are included.
type lcsMatch struct{ firstA, lastA, firstB, lastB int }

// matches returns the parts, the last one first.
func (t *lcsTable) matches() (matches []lcsMatch) {
	t.walk(func(i, j int) {
		if n := len(matches); n > 0 && matches[n-1].firstA == i+1 && matches[n-1].firstB == j+1 {
			matches[n-1].firstA, matches[n-1].firstB = i, j
			return
		}
		matches = append(matches, lcsMatch{firstA: i, lastA: i, firstB: j, lastB: j})
	})
	return matches
}

// writeMatches writes the reply of IDX.
func (c *Context) writeMatches(t *lcsTable, options *lcsOptions) {
	var shown []lcsMatch
	for _, match := range t.matches() {
		if int64(match.lastA-match.firstA+1) >= options.minMatchLength {
			shown = append(shown, match)
		}
	}
	w := c.Reply
	w.Map(2)
	w.BulkString("matches")
	w.Array(len(shown))
	for _, match := range shown {
		if options.withMatchLength {
			w.Array(3)
		} else {
			w.Array(2)
		}
		w.Array(2)
		w.Int(int64(match.firstA))
		w.Int(int64(match.lastA))
		w.Array(2)
		w.Int(int64(match.firstB))
		w.Int(int64(match.lastB))
		if options.withMatchLength {
			w.Int(int64(match.lastA - match.firstA + 1))
		}
	}
	w.BulkString("len")
	w.Int(int64(t.length()))
}
