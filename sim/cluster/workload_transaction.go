package cluster

import (
	"strconv"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/linearizability"
)

func (d *drawer) tag() *tag { return d.keys.tag(d.source.IntN(d.workload.Tags)) }

// anyKey draws one of a tag's keys.
func (d *drawer) anyKey(t *tag) string { return t.key(choose(d.source, tagSuffixes)) }

// renameOperation draws a command that is about two keys of a tag.
func (d *drawer) renameOperation(t *tag) []string {
	from, to := d.anyKey(t), d.anyKey(t)
	switch name := choose(d.source, []string{"RENAME", "RENAMENX", "COPY", "COPY REPLACE", "MSETNX"}); name {
	case "COPY REPLACE":
		return d.args("COPY", from, to, "REPLACE")
	case "MSETNX":
		return d.args("MSETNX", t.key("a"), d.value(), t.key("b"), d.value())
	default:
		return d.args(name, from, to)
	}
}

// bitOperation draws a command on a part of a string.
func (d *drawer) bitOperation() []string {
	const bytes = 8
	key := d.keys.bits.name(d.source.IntN(d.workload.Counters))
	number := func(n int) string { return strconv.Itoa(d.source.IntN(n)) }
	switch name := choose(d.source, []string{"SETBIT", "GETBIT", "BITCOUNT", "SETRANGE", "GETRANGE"}); name {
	case "SETBIT":
		return d.args(name, key, number(8*bytes), number(2))
	case "GETBIT":
		return d.args(name, key, number(8*bytes))
	case "BITCOUNT":
		return d.args(name, key)
	case "SETRANGE":
		return d.args(name, key, number(bytes), d.value())
	default:
		return d.args(name, key, number(bytes), strconv.Itoa(d.source.IntN(bytes)-bytes/2))
	}
}

// transaction draws commands on the keys of a tag that are to happen at once, behind what comes ahead of them, which may be scratch.
// Now and then one of them has too many arguments, or the client thinks better of it.
func (d *drawer) transaction(ahead []string, t *tag) []string {
	args := append(ahead, "MULTI")
	for range 1 + d.source.IntN(4) {
		args = append(append(args, linearizability.Separator), d.queued(t)...)
	}
	if d.source.Chance(random.Million / 12) {
		args = append(args, linearizability.Separator, "STRLEN", t.key("a"), t.key("b"))
	}
	end := "EXEC"
	if d.source.Chance(random.Million / 12) {
		end = "DISCARD"
	}
	d.words = append(args, linearizability.Separator, end)
	return d.args(d.words...)
}

// watchingTransaction draws a transaction that is to run only if what was read before is still true.
func (d *drawer) watchingTransaction(t *tag) []string {
	key := d.anyKey(t)
	ahead := append(d.words[:0], "WATCH", key, linearizability.Separator, "GET", key, linearizability.Separator)
	if d.source.Chance(random.Million / 3) {
		ahead = append(d.words[:0], "WATCH", t.key("a"), t.key("b"), linearizability.Separator, "MGET", t.key("a"), t.key("b"), linearizability.Separator)
	}
	return d.transaction(ahead, t)
}

var queuedCommands = []string{"SET", "SET", "SET", "GET", "MGET", "MSET", "APPEND", "DEL", "INCR", "PEXPIRE", "rename"}

// queued draws a command of a transaction.
func (d *drawer) queued(t *tag) []string {
	switch key := d.anyKey(t); choose(d.source, queuedCommands) {
	case "GET":
		return d.args("GET", key)
	case "MGET":
		return d.args("MGET", t.key("a"), t.key("b"), t.key("c"))
	case "MSET":
		return d.args("MSET", t.key("a"), d.value(), t.key("b"), d.value())
	case "APPEND":
		return d.args("APPEND", key, d.value())
	case "DEL":
		return d.args("DEL", key)
	case "INCR":
		return d.args("INCR", key) // mostly an error, of which the commands behind it take no notice
	case "PEXPIRE":
		return d.args("PEXPIRE", key, strconv.Itoa(1+d.source.IntN(choose(d.source, []int{100, 3000}))))
	case "rename":
		return d.renameOperation(t)
	default:
		return d.args("SET", key, d.value())
	}
}
