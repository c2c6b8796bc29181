package command

import (
	"bytes"
	"math"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/resp"
)

// Continuation is the rest of a command that takes long: each call does a bounded piece of it, at a wall time in Unix
// milliseconds. When it is done it returns the whole reply, in one or more parts, which the caller may keep.
type Continuation func(wall int64) (reply [][]byte, done bool)

const (
	// keysAtOnce is how many keys KEYS looks at without letting others go first, keysPerPiece how many in a piece of its work.
	keysAtOnce   = 4096
	keysPerPiece = 1024
	// partSize is about how long a part of a long reply is, in bytes.
	partSize = 256 << 10
)

// matchingKeys executes KEYS. If there are many keys it takes them as SCAN does, so that a key which is there all the time is in
// the reply once, and one that comes or goes meanwhile may be.
func matchingKeys(c *Context) {
	w := &keyWalk{space: c.Space, pattern: c.Args[1]}
	if c.Space.Len() > keysAtOnce && !c.InTransaction {
		w.pattern = bytes.Clone(w.pattern)
		c.Server.Continue(w.next)
		return
	}
	for !w.step(c.Wall, math.MaxInt32) {
	}
	for _, part := range w.reply() {
		c.Reply.Raw(part)
	}
}

// keyWalk collects the keys that match a pattern.
type keyWalk struct {
	space   *keyspace.Space
	pattern []byte
	cursor  uint64
	found   int
	// parts are the keys that were found, as they stand in the reply. The last one may grow.
	parts []resp.Writer
}

func (w *keyWalk) next(wall int64) (reply [][]byte, done bool) {
	if !w.step(wall, keysPerPiece) {
		return nil, false
	}
	return w.reply(), true
}

// step looks at about so many keys, and reports whether those were the last ones.
func (w *keyWalk) step(wall int64, keys int) (done bool) {
	all := string(w.pattern) == "*" // unlike any other pattern, it takes the empty key too
	w.cursor = w.space.Scan(w.cursor, keys, func(key []byte, value keyspace.Value) {
		if !value.Expired(wall) && (all || globMatch(w.pattern, key, false)) {
			w.take(key)
		}
	})
	return w.cursor == 0
}

func (w *keyWalk) take(key []byte) {
	last := len(w.parts) - 1
	if last < 0 || len(w.parts[last].Buf) >= partSize {
		w.parts = append(w.parts, resp.Writer{})
		last++
	}
	w.parts[last].Bulk(key)
	w.found++
}

func (w *keyWalk) reply() [][]byte {
	var head resp.Writer
	head.Array(w.found)
	reply := [][]byte{head.Buf}
	for i := range w.parts {
		reply = append(reply, w.parts[i].Buf)
	}
	return reply
}
