package command

import (
	"bytes"
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/slots"
)

const errBadCursor Error = "ERR invalid cursor"

// defaultScanCount is how many keys SCAN visits if it is not told otherwise.
const defaultScanCount = 10

// scanOptions say which of the visited keys SCAN returns, and how many it visits.
type scanOptions struct {
	count int
	// pattern and typeName are nil if they do not filter.
	pattern, typeName []byte
}

func scan(c *Context) {
	cursor, ok := parseCursor(c.Args[1])
	if !ok {
		c.fail(errBadCursor)
		return
	}
	options, ok := c.scanOptions(c.Args[2:])
	if !ok {
		return
	}
	var expired [][]byte
	next := c.Space.Scan(cursor, options.count, func(key []byte, value keyspace.Value) {
		switch {
		case options.pattern != nil && !globMatch(options.pattern, key, false):
		case value.Expired(c.Wall):
			expired = append(expired, bytes.Clone(key))
		case options.typeName != nil && !isWord(options.typeName, value.Type().String()):
		default:
			c.keys = append(c.keys, key)
		}
	})
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(c.scratch[:0], next, 10))
	c.writeKeys()
	for _, key := range expired {
		c.expire(slots.Of(key), key)
	}
}

// writeKeys writes the collected keys as an array and forgets them.
func (c *Context) writeKeys() {
	c.Reply.Array(len(c.keys))
	for _, key := range c.keys {
		c.Reply.Bulk(key)
	}
	clear(c.keys)
	c.keys = c.keys[:0]
}

// scanOptions reads the options, or writes an error reply.
func (c *Context) scanOptions(args [][]byte) (o scanOptions, ok bool) {
	o.count = defaultScanCount
	for ; len(args) >= 2; args = args[2:] {
		word, argument := args[0], args[1]
		switch {
		case isWord(word, "count"):
			count, ok := c.integer(argument)
			if !ok {
				return o, false
			}
			if count < 1 {
				c.fail(errSyntax)
				return o, false
			}
			o.count = int(min(count, math.MaxInt32))
		case isWord(word, "match"):
			o.pattern = argument
			if string(argument) == "*" {
				o.pattern = nil // unlike the pattern, it takes the empty key too
			}
		case isWord(word, "type"):
			o.typeName = argument
		default:
			c.fail(errSyntax)
			return o, false
		}
	}
	if len(args) > 0 {
		c.fail(errSyntax)
		return o, false
	}
	return o, true
}

// parseCursor reads a cursor as C's strtoul does: nothing at all is 0, and a sign may stand before the digits.
func parseCursor(text []byte) (uint64, bool) {
	if len(text) == 0 {
		return 0, true
	}
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	if len(text) == 0 || text[0] < '0' || text[0] > '9' {
		return 0, false // ParseUint would take another sign
	}
	cursor, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		cursor = -cursor
	}
	return cursor, true
}
